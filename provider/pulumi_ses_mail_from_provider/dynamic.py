"""The front end for Pulumi's dynamic providers.

The dotted paths of its two provider classes are stored in the state of every stack, and must never change. Programs
import this module too: nothing that needs boto3 is imported before the engine calls.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
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

from .engine import sdk_server
from .engine.check_failures import worded
from .engine.config import KEYS, from_config, unknown_keys
from .engine.notices import show
from .engine.secrets import SECRET_INPUTS, with_secrets
from .engine.values import PROVIDER_KEY, from_engine
from .engine.wording import Wording
from .rules import durations, verification
from .rules.decisions import replaces
from .rules.errors import InvalidConfig, InvalidInput, MailFromError
from .rules.inputs import Failure, declaration
from .rules.model import UNKNOWN, Key
from .rules.schema import MAIL_FROM_DOMAIN, VERIFICATION, Resource, names
from .rules.state import State
from .rules.verification import VerificationState

if TYPE_CHECKING:
    from .engine.lifecycle import Lifecycle

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _with_plain_errors(method: _Method) -> _Method:
    """Word the errors of this package, and drop their frames: the message ends the traceback that the user reads."""

    @functools.wraps(method)
    def operation(self: _Provider, *arguments: Any) -> Any:
        try:
            return method(self, *arguments)
        except MailFromError as error:
            error.args = (self.message(error),)
            raise error.with_traceback(None) from None

    return cast("_Method", operation)


def _diff(olds: Mapping[str, Any], news: Mapping[str, Any], changed: list[str]) -> DiffResult:
    """What `changed` means to the engine. State of another version of this package is a change as well."""
    secrets_differ = (olds.get(SECRET_INPUTS) or []) != (news.get(SECRET_INPUTS) or [])
    other_provider = olds.get(PROVIDER_KEY) != news.get(PROVIDER_KEY)
    return DiffResult(bool(changed) or secrets_differ or other_provider, replaces(changed), delete_before_replace=False)


class _Provider(ResourceProvider):
    """What the providers of this package share.

    In a program they must not have attributes, because they are pickled into state. `configure` sets what they need; it
    runs in the provider process only.
    """

    serialize_as_secret_always = False  # what is pickled is the name of a class, and no secret

    _configured: Lifecycle | InvalidConfig | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Read the stack's config. The operations report config errors."""
        # There is no public way to list the keys. In a project of this name, they are the program's own.
        is_own = getattr(req.config, "_project_name", "") == "ses-mail-from"
        unknown = () if is_own else unknown_keys(getattr(req.config, "_props", ()))
        try:
            self._configured = _lifecycle(tuple((key, req.config.get(key)) for key in KEYS))
        except InvalidConfig as problem:
            self._configured = problem
        else:
            for line in unknown:
                self._configured.notify(line)

    def message(self, error: MailFromError) -> str:
        """The whole message of an error, without secrets."""
        if isinstance(self._configured, InvalidConfig) or self._configured is None:
            return Wording().error(error)
        return self._configured.secrets.mask(self._configured.wording.error(error))

    @property
    def _core(self) -> Lifecycle:
        if self._configured is None:
            self._configured = _lifecycle(())
        if isinstance(self._configured, InvalidConfig):
            raise self._configured
        return self._configured

    @_with_plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate and normalise what a program declares."""
        try:
            core = self._core
        except InvalidConfig as problem:
            return CheckResult(news, [CheckFailure("", str(problem))])
        core.secrets.add(news)
        return self._check(core, _olds, news)

    def _check(self, core: Lifecycle, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        raise NotImplementedError

    def _check_result(
        self, resource: Resource, news: dict[str, Any], checked: dict[str, Any], failures: list[Failure]
    ) -> CheckResult:
        """What the engine gets. Unknown values go back as they came."""
        known = {name: news[name] if value is UNKNOWN else value for name, value in checked.items()}
        problems = [CheckFailure(*worded(resource, failure, news, self.message)) for failure in failures]
        return CheckResult(with_secrets(known, news), problems)


class MailFromDomainProvider(_Provider):
    """Create, read, update and delete of `MailFromDomain`, as the engine asks for them."""

    def _check(self, core: Lifecycle, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        checked, failures = core.check(from_engine(olds), from_engine(news), sdk_server.urn_of_call())
        core.secrets.add(with_secrets(checked, news))
        return self._check_result(MAIL_FROM_DOMAIN, news, checked, failures)

    @_with_plain_errors
    def diff(self, id_: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Report what pulumi up would change."""
        self._core.secrets.add(_olds)
        return _diff(_olds, _news, self._core.diff(_state(id_, _olds), from_engine(_news)))

    @_with_plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set the MAIL FROM domain, or adopt the one that is there."""
        self._core.secrets.add(props)
        state = self._core.create(declaration(self._checked(props)))
        return CreateResult(str(state.key), with_secrets(state.outputs(), props))

    def _checked(self, props: dict[str, Any]) -> dict[str, Any]:
        # The engine does not check what is outside the targets of a run, but creates some of it: what was read (`.get`)
        # before and is declared now.
        if all(name in props for name in names(MAIL_FROM_DOMAIN.inputs)):
            return props
        checked, failures = self._core.check({}, props, sdk_server.urn_of_call())
        if failures:
            raise InvalidInput("; ".join(f"{one.property}: {self.message(one.problem)}" for one in failures))
        return checked

    @_with_plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read what SES has into state."""
        self._core.secrets.add(props)
        key = Key.parse(id_)
        outputs = from_engine(props)
        in_state = "mail_from_domain_status" in outputs  # for a `get`, the engine gives inputs at most
        state = self._core.read(State.from_outputs(key, outputs)) if in_state else self._core.get(key)
        if state is None:
            return ReadResult(None, {})
        return ReadResult(str(key), with_secrets(state.outputs(), props), with_secrets(state.inputs(), props))

    @_with_plain_errors
    def update(self, id_: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Set the MAIL FROM domain if SES has something else."""
        self._core.secrets.add(_news)
        self._core.secrets.add(_olds)
        state = self._core.update(declaration(_news), _state(id_, _olds))
        return UpdateResult(with_secrets(state.outputs(), _news))

    @_with_plain_errors
    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        """Set MailFromDomain to null, if it is still ours."""
        self._core.secrets.add(_props)
        self._core.delete(_state(id_, _props))


def _state(id_: str, outputs: dict[str, Any]) -> State:
    return State.from_outputs(Key.parse(id_), from_engine(outputs))


class MailFromDomainVerificationProvider(_Provider):
    """Create, read, update and delete of `MailFromDomainVerification`, as the engine asks for them."""

    def _check(self, core: Lifecycle, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:  # noqa: ARG002
        core.check_nameservers()
        checked, failures = verification.check(from_engine(news))
        known = {name: value if news.get(name) is None else news[name] for name, value in checked.items()}
        return self._check_result(VERIFICATION, news, known, failures)

    @_with_plain_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Report what pulumi up would wait for."""
        self._core.secrets.add(_olds)
        changed = verification.changes(from_engine(_olds), from_engine(_news), self._core.is_unsettled)
        return _diff(_olds, _news, changed)

    @_with_plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait until all are verified."""
        inputs = from_engine(props)
        state = self._core.verifications.create(verification.awaited(inputs), durations.seconds(inputs["timeout"]))
        return CreateResult(str(state.verified_at), {**inputs, **state.outputs()})

    @_with_plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the current statuses into state."""
        outputs = from_engine(props)
        state = self._core.verifications.read(VerificationState.from_outputs(outputs))
        if state is None:
            return ReadResult(None, {})
        inputs = {name: outputs.get(name) for name in (*names(VERIFICATION.inputs), SECRET_INPUTS)}
        return ReadResult(id_, {**outputs, **state.outputs()}, inputs)

    @_with_plain_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait until those that are new or changed are verified."""
        inputs, state = from_engine(_news), VerificationState.from_outputs(from_engine(_olds))
        updated = self._core.verifications.update(
            verification.awaited(inputs), durations.seconds(inputs["timeout"]), state
        )
        return UpdateResult({**inputs, **updated.outputs()})

    @_with_plain_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do nothing: it made nothing in SES."""


@functools.cache
def _lifecycle(config: tuple[tuple[str, Any], ...]) -> Lifecycle:
    """Everything that the operations share. Both providers of a process have the same config, and share it."""
    from .engine.claims import shared_claims  # noqa: PLC0415 - with the lifecycle
    from .engine.lifecycle import Lifecycle  # noqa: PLC0415 - boto3 is for the provider process only
    from .ses.connections import Connections  # noqa: PLC0415

    settings = from_config(dict(config).get)
    claims = shared_claims(sdk_server.engine_address(), show)
    lifecycle = Lifecycle(Connections(settings.aws), show, nameservers=settings.nameservers, claims=claims)
    if line := sdk_server.adapt(lifecycle.clock.cancel):
        lifecycle.notify(line)
    return lifecycle
