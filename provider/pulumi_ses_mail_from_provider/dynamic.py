"""The front end for the Pulumi engine: two dynamic resource providers.

Their dotted paths are in the state of every stack, and must never change. Nothing that needs boto3 is imported before
the engine calls: programs import this module too.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from pulumi_ses_mail_from_provider.engine import sdk_server
from pulumi_ses_mail_from_provider.engine.config import from_config, unknown_keys
from pulumi_ses_mail_from_provider.rules import verification
from pulumi_ses_mail_from_provider.rules.decisions import replaces
from pulumi_ses_mail_from_provider.rules.errors import InvalidConfig, InvalidInput, MailFromError
from pulumi_ses_mail_from_provider.rules.inputs import DECLARED, SECRET_INPUTS, Failure, declaration
from pulumi_ses_mail_from_provider.rules.model import UNKNOWN, Key
from pulumi_ses_mail_from_provider.rules.names import SHOWN_LIMIT

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.dns.resolver import Resolver
    from pulumi_ses_mail_from_provider.operations.lifecycle import Lifecycle
    from pulumi_ses_mail_from_provider.operations.waiter import Verifications

_PROVIDER_KEY = "__provider"
_Method = TypeVar("_Method", bound=Callable[..., Any])


def _plainly(method: _Method) -> _Method:
    """Let our own errors out with one frame, so that what the user reads at the end of the trace is the message."""

    @functools.wraps(method)
    def operation(*arguments: Any) -> Any:
        try:
            return method(*arguments)
        except (MailFromError, InvalidInput, InvalidConfig) as error:
            error.args = (arguments[0].without_secrets(str(error)),)
            raise error.with_traceback(None) from None

    return cast("_Method", operation)


def _from_engine(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: _known(value) for name, value in properties.items() if name != _PROVIDER_KEY}


def _known(value: Any) -> Any:
    """The value with our own mark where the engine does not know it yet."""
    if isinstance(value, dict):
        return {name: _known(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    return UNKNOWN if isinstance(value, Unknown) else value


_WANTED = {
    "identity": "a domain or an e-mail address",
    "mail_from_domain": "the full name of a subdomain of the identity's domain",
    "behavior_on_mx_failure": "UseDefaultValue or RejectMessage",
    "region": "an AWS region such as 'us-east-1'",
    "overwrite": "True or False",
    "timeout": "a duration such as '30m'",
}


def _check_failure(failure: Failure, news: dict[str, Any], without_secrets: Callable[[str], str]) -> CheckFailure:
    value = news.get(failure.property)
    if news.get(SECRET_INPUTS) and value is not None:
        # Any part of a secret value may be in the reason, and the engine prints the value of a property that it names.
        wanted = _WANTED.get(failure.property, "another value")
        return CheckFailure("", f"{failure.property}: not valid. It is not shown, as inputs are secret: give {wanted}")
    # The engine prints the value as it is: control characters, 100 kB and all.
    if value is None or (isinstance(value, str) and value.isprintable() and len(value) <= SHOWN_LIMIT):
        return CheckFailure(failure.property, without_secrets(failure.reason))
    return CheckFailure("", f"{failure.property}: {without_secrets(failure.reason)}")


def _diff(olds: dict[str, Any], news: dict[str, Any], changed: list[str]) -> DiffResult:
    """What `changed` means to the engine; state of another version of the package is a change as well."""
    other_provider = olds.get(_PROVIDER_KEY) != news.get(_PROVIDER_KEY)
    return DiffResult(bool(changed) or other_provider, replaces(changed), delete_before_replace=False)


def _notify(line: str) -> None:
    """Show a line to the user: the engine shows what its providers print. That it cannot be shown is no failure."""
    text, out = f"ses-mail-from: {line}\n", sys.stdout
    if out is None:  # it was closed before this process started
        return
    encoding = getattr(out, "encoding", None) or "utf-8"
    with contextlib.suppress(OSError, ValueError, LookupError):
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))
        out.flush()


class _Provider(ResourceProvider):
    """What the providers of this package share.

    They must not have attributes in a program, where they are pickled into state: `configure`, which runs in the
    provider process alone, gives them what they need.
    """

    serialize_as_secret_always = False  # it is a class's name, and no secret

    _configured: Lifecycle | InvalidConfig | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Take the stack's config. Operations report what is wrong with it."""
        # There is no public way to list the keys. In a project of this name, they are the program's own.
        is_own = getattr(req.config, "_project_name", "") == "ses-mail-from"
        self._configured = _lifecycle(req.config.get, () if is_own else getattr(req.config, "_props", ()))

    def without_secrets(self, text: str) -> str:
        """`text` with secret values masked."""
        configured = self._configured
        return text if configured is None or isinstance(configured, InvalidConfig) else configured.without_secrets(text)

    @property
    def _core(self) -> Lifecycle:
        if self._configured is None:
            self._configured = _lifecycle(lambda _: None, ())
        if isinstance(self._configured, InvalidConfig):
            raise self._configured
        return self._configured


class MailFromDomainProvider(_Provider):
    """Create, read, update and delete of `MailFromDomain`, as the engine asks for them."""

    @_plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate and normalise what a program declares."""
        try:
            inputs, failures = self._core.check(_from_engine(_olds), _from_engine(news), sdk_server.urn_of_call())
        except InvalidConfig as problem:
            return CheckResult(news, [CheckFailure("", str(problem))])
        inputs = {name: news[name] if value is UNKNOWN else value for name, value in inputs.items()}
        return CheckResult(inputs, [_check_failure(failure, news, self.without_secrets) for failure in failures])

    @_plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Tell what pulumi up would change."""
        return _diff(_olds, _news, self._core.diff(_from_engine(_olds), _from_engine(_news)))

    @_plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set the MAIL FROM domain, or adopt the one that is there."""
        self._core.keep_secret(props)
        state = self._core.create(declaration(self._checked(props)), props.get(SECRET_INPUTS) or ())
        return CreateResult(str(state.key), state.outputs())

    def _checked(self, props: dict[str, Any]) -> dict[str, Any]:
        # The engine does not check what is outside of the target, and creates some of it all the same: what was read
        # (`.get`) before and is declared now.
        if all(name in props for name in DECLARED):
            return props
        inputs, failures = self._core.check({}, props, sdk_server.urn_of_call())
        if failures:
            raise InvalidInput("; ".join(f"{failure.property}: {failure.reason}" for failure in failures))
        return inputs

    @_plainly
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Bring what SES has now into state."""
        key = Key.parse(id_)
        in_state = "mail_from_domain_status" in props  # for a `get`, the engine gives inputs at most
        state = self._core.read(key, props) if in_state else self._core.get(key)
        return ReadResult(str(key), state.outputs(), state.inputs()) if state else ReadResult(None, {})

    @_plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Set the MAIL FROM domain where SES has it otherwise."""
        self._core.keep_secret(_news)
        return UpdateResult(self._core.update(declaration(_news), _olds, _news.get(SECRET_INPUTS) or ()).outputs())

    @_plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Set MailFromDomain to null, if it is still ours."""
        self._core.delete(Key.parse(_id), _props)


class MailFromDomainVerificationProvider(_Provider):
    """Create, read, update and delete of `MailFromDomainVerification`, as the engine asks for them."""

    @property
    def _verifications(self) -> Verifications:
        from pulumi_ses_mail_from_provider.operations.waiter import Verifications  # noqa: PLC0415 - boto3 is only for the provider process

        return Verifications(self._core, lambda domain, region: self._resolver().diagnose(domain, region))

    def _resolver(self) -> Resolver:
        """Raises InvalidInput if a name server of the stack's config cannot be asked."""
        from pulumi_ses_mail_from_provider.dns.resolver import Resolver  # noqa: PLC0415 - dnspython is only for the provider process

        return Resolver(self._core.connections.settings.nameservers)

    @_plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate what a program declares."""
        try:
            if self._core.connections.settings.nameservers:
                self._resolver()
        except InvalidInput as problem:  # nothing else needs DNS
            self._core.notify(f"the stack's config ses-mail-from:nameservers: {problem}; DNS will not be checked")
        except InvalidConfig as problem:
            return CheckResult(news, [CheckFailure("", str(problem))])
        self._core.keep_secret(news)
        inputs, failures = verification.check(_from_engine(news))
        inputs = {name: value if news.get(name) is None else news[name] for name, value in inputs.items()}
        return CheckResult(inputs, [_check_failure(failure, news, self.without_secrets) for failure in failures])

    @_plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Tell what pulumi up would wait for."""
        self._core.keep_secret(_olds)
        changed = verification.changes(_from_engine(_olds), _from_engine(_news), self._core.declarations.is_unsettled)
        return _diff(_olds, _news, changed)

    @_plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait until all are verified."""
        outputs = self._verifications.create(_from_engine(props))
        return CreateResult(outputs["verified_at"], outputs)

    @_plainly
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Bring the statuses as of now into state."""
        outputs = self._verifications.read(_from_engine(props))
        return ReadResult(id_, outputs, verification.inputs_of(outputs)) if outputs else ReadResult(None, {})

    @_plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait until those that are new or changed are verified."""
        return UpdateResult(self._verifications.update(_from_engine(_news), _from_engine(_olds)))

    @_plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Nothing: there is nothing in SES that was made for it."""


_lifecycles: list[Lifecycle] = []
"""One for a process, whose stack has one config: the providers share calls, their rate and what is known."""


def _lifecycle(get: Callable[[str], Any], keys: Iterable[str]) -> Lifecycle | InvalidConfig:
    from pulumi_ses_mail_from_provider.operations.lifecycle import Lifecycle  # noqa: PLC0415
    from pulumi_ses_mail_from_provider.ses.connections import Connections  # noqa: PLC0415 - boto3 is only for the provider process

    try:
        settings = from_config(get)
    except InvalidConfig as problem:
        return problem
    for lifecycle in _lifecycles:
        if lifecycle.connections.settings == settings:
            return lifecycle
    lifecycle = Lifecycle(Connections(settings), _notify)
    for line in (*unknown_keys(keys), sdk_server.adapt(lifecycle.clock.cancel)):
        if line:
            lifecycle.notify(line)
    _lifecycles.append(lifecycle)
    return lifecycle
