"""The two resources, with the properties that the engine sends and takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from pulumi_ses_mail_from_provider.rules import durations, verification
from pulumi_ses_mail_from_provider.rules.decisions import replaces
from pulumi_ses_mail_from_provider.rules.inputs import Failure, declaration
from pulumi_ses_mail_from_provider.rules.model import UNKNOWN, Key
from pulumi_ses_mail_from_provider.rules.records import records_of
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, VERIFICATION, Resource, names
from pulumi_ses_mail_from_provider.rules.state import State
from pulumi_ses_mail_from_provider.rules.verification import VerificationState

from .values import Properties

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle

Values = dict[str, Any]


class ResourceType(Protocol):
    """What the servicer does with a resource of any type. Values are by their names in Python."""

    schema: Resource

    def check(self, core: Lifecycle, olds: Values, news: Values, urn: str) -> tuple[Values, list[Failure]]:
        """The inputs, and all problems."""

    def diff(self, core: Lifecycle, id_: str, olds: Values, news: Values) -> tuple[list[str], list[str]]:
        """The properties that change, and those of them that replace the resource."""

    def planned(self, news: Values, olds: Mapping[str, Any]) -> Values:
        """The outputs that a preview shows."""

    def create(self, core: Lifecycle, news: Values) -> tuple[str, Values]:
        """The id and the outputs."""

    def read(self, core: Lifecycle, id_: str, olds: Values) -> tuple[Values, Values] | None:
        """The outputs and the inputs; None if the resource is gone."""

    def update(self, core: Lifecycle, id_: str, olds: Values, news: Values) -> Values:
        """The outputs."""

    def delete(self, core: Lifecycle, id_: str, olds: Values) -> None:
        """Delete it."""


class MailFromDomain:
    """`ses-mail-from:index:MailFromDomain`."""

    schema = MAIL_FROM_DOMAIN

    def check(self, core: Lifecycle, olds: Values, news: Values, urn: str) -> tuple[Values, list[Failure]]:
        """The inputs, and all problems."""
        return core.check(olds, news, urn)

    def diff(self, core: Lifecycle, id_: str, olds: Values, news: Values) -> tuple[list[str], list[str]]:
        """The properties that change, and those of them that replace the resource."""
        changed = core.diff(State.from_outputs(Key.parse(id_), olds), news)
        return changed, replaces(changed)

    def planned(self, news: Values, olds: Mapping[str, Any]) -> Values:
        """The outputs that a preview shows."""
        domain, region = news["mail_from_domain"], news["region"]
        is_known = domain is not UNKNOWN and region is not UNKNOWN
        same_domain = is_known and domain == olds.get("mail_from_domain")
        return {
            **news,
            "account_id": olds.get("account_id", UNKNOWN),
            "managed_mail_from_domain": domain,
            "mail_from_domain_status": olds["mail_from_domain_status"] if same_domain else UNKNOWN,
            "dns_records": records_of(domain, region) if is_known else UNKNOWN,
        }

    def create(self, core: Lifecycle, news: Values) -> tuple[str, Values]:
        """The id and the outputs."""
        state = core.create(declaration(news))
        return str(state.key), state.outputs()

    def read(self, core: Lifecycle, id_: str, olds: Values) -> tuple[Values, Values] | None:
        """The outputs and the inputs; None if the resource is gone. Without state, it is an import or a `get`."""
        key = Key.parse(id_)
        state = core.read(State.from_outputs(key, olds)) if olds else core.get(key)
        return (state.outputs(), state.inputs()) if state else None

    def update(self, core: Lifecycle, id_: str, olds: Values, news: Values) -> Values:
        """The outputs."""
        return core.update(declaration(news), State.from_outputs(Key.parse(id_), olds)).outputs()

    def delete(self, core: Lifecycle, id_: str, olds: Values) -> None:
        """Set MailFromDomain to null, if it is still ours."""
        core.delete(State.from_outputs(Key.parse(id_), olds))


class MailFromDomainVerification:
    """`ses-mail-from:index:MailFromDomainVerification`."""

    schema = VERIFICATION

    def check(self, core: Lifecycle, olds: Values, news: Values, urn: str) -> tuple[Values, list[Failure]]:  # noqa: ARG002
        """The inputs, and all problems."""
        core.check_nameservers()
        return verification.check({name: news.get(name) for name in names(VERIFICATION.inputs)})

    def diff(self, core: Lifecycle, id_: str, olds: Values, news: Values) -> tuple[list[str], list[str]]:  # noqa: ARG002
        """The properties that change. None replaces the resource."""
        return verification.changes(olds, news, core.is_unsettled), []

    def planned(self, news: Values, olds: Mapping[str, Any]) -> Values:  # noqa: ARG002
        """The outputs that a preview shows."""
        return {**news, **dict.fromkeys(names(VERIFICATION.outputs), UNKNOWN)}

    def create(self, core: Lifecycle, news: Values) -> tuple[str, Values]:
        """The id and the outputs, once all are verified."""
        state = core.verifications.create(verification.awaited(news), durations.seconds(news["timeout"]))
        return str(state.verified_at), {**news, **state.outputs()}

    def read(self, core: Lifecycle, id_: str, olds: Values) -> tuple[Values, Values] | None:  # noqa: ARG002
        """The outputs and the inputs; None if it must be waited for again."""
        state = core.verifications.read(VerificationState.from_outputs(olds))
        if state is None:
            return None
        outputs = {**olds, **state.outputs()}
        return outputs, {name: outputs.get(name) for name in names(VERIFICATION.inputs)}

    def update(self, core: Lifecycle, id_: str, olds: Values, news: Values) -> Values:  # noqa: ARG002
        """The outputs, once those that are new or changed are verified."""
        state = VerificationState.from_outputs(olds)
        updated = core.verifications.update(verification.awaited(news), durations.seconds(news["timeout"]), state)
        return {**news, **updated.outputs()}

    def delete(self, core: Lifecycle, id_: str, olds: Values) -> None:
        """Do nothing: it made nothing in SES."""


TYPES: Final[Mapping[str, ResourceType]] = {
    "ses-mail-from:index:MailFromDomain": MailFromDomain(),
    "ses-mail-from:index:MailFromDomainVerification": MailFromDomainVerification(),
}


def secret_properties(schema: Resource, *sources: Properties) -> Collection[str]:
    """The properties that are secret: secret inputs, and the outputs that contain them.

    Args:
        schema: The properties of the resource.
        *sources: What the engine sends of the resource.
    """
    inputs = {name for source in sources for name in source.secrets}.intersection(names(schema.inputs))
    return inputs | {one.name for one in schema.outputs if inputs.intersection(one.secret_with)}
