"""Errors and notices in the words of Pulumi programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pulumi_ses_mail_from_provider.dns.findings import NAME_SERVER_CHOICE, Finding
from pulumi_ses_mail_from_provider.rules import durations
from pulumi_ses_mail_from_provider.rules.errors import MailFromError, NotVerified, Remedy, WrongAccount
from pulumi_ses_mail_from_provider.rules.notices import (
    AccountGuardOff,
    Adopted,
    BehaviorDiffers,
    LeftToDeclaration,
    LeftToOthers,
    MailFromDomainDiffers,
    MailFromDomainMissing,
    MailRejected,
    Notice,
    Overwrote,
    StatusChanged,
    StatusFailed,
    WaitingForIdentity,
    WaitingForVerification,
)
from pulumi_ses_mail_from_provider.rules.remedies import COMMON, worded


@dataclass(frozen=True)
class Language:
    """How programs and their config write what messages mention.

    Attributes:
        overwrite: The argument that replaces another MAIL FROM domain.
        mail_from_domain: The argument that declares the domain that is set, named in braces.
        region: The argument that gives the region.
        alias: The option that keeps the old name of a renamed resource.
        boolean: What a boolean looks like.
        namespace: The namespace of the config keys.
    """

    overwrite: str
    mail_from_domain: str
    region: str
    alias: str
    boolean: str
    namespace: str


PYTHON: Final = Language(
    overwrite="overwrite=True",
    mail_from_domain="mail_from_domain='{mail_from_domain}'",
    region="region='us-east-1'",
    alias="opts=ResourceOptions(aliases=[Alias(name='<old name>')])",
    boolean="True or False (from config: get_bool, not get)",
    namespace="aws",
)
"""The dynamic resources, which only Python programs can use."""

NATIVE: Final = Language(
    overwrite="overwrite: true",
    mail_from_domain="mailFromDomain: {mail_from_domain}",
    region="region: us-east-1",
    alias="the resource option aliases",
    boolean="true or false",
    namespace="ses-mail-from",
)
"""The native resources, which programs of every language use."""


def remedies(language: Language) -> Mapping[Remedy, str]:
    """The sentence for each remedy."""
    config = language.namespace
    return {
        **COMMON,
        Remedy.ALLOW_MORE_TIME: "Run pulumi up again to continue, or give it more time (the option customTimeouts).",
        Remedy.ASK_FOR_ACCOUNT: f"{config}:skipRequestingAccountId is set in the stack's config.",
        Remedy.CHOOSE_PROFILE: (
            f"Choose one that `aws configure list-profiles` shows ({config}:profile, AWS_PROFILE)."
        ),
        Remedy.CORRECT_ALLOWED_ACCOUNTS: (
            f"The accounts are set in the stack's config ({config}:allowedAccountIds, {config}:forbiddenAccountIds)."
        ),
        Remedy.CORRECT_ID: (
            "Declare a MailFromDomain to set one, or correct the id '<region>/<identity>' or the account."
        ),
        Remedy.CREATE_IDENTITY: (
            "Create it in {region} first (aws.ses.DomainIdentity or aws.ses.EmailIdentity, and pass its output as"
            " identity, so that Pulumi keeps the order), or correct the identity or the region."
        ),
        Remedy.GIVE_BOOLEAN: f"give {language.boolean}",
        Remedy.GIVE_CREDENTIALS: (
            "Give AWS credentials as for the AWS CLI (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or"
            f" as stack config ({config}:profile)."
        ),
        Remedy.GIVE_REGION: (
            f"set the argument region ({language.region}), or the stack's config (pulumi config set {config}:region"
            " us-east-1), or the environment (AWS_REGION, or a profile that has a region)"
        ),
        Remedy.OVERWRITE: (
            f"To replace it, declare {language.overwrite}; to keep it, declare {language.mail_from_domain}. If this"
            f" resource was renamed in the program, keep its old name as an alias: {language.alias}."
        ),
        Remedy.OVERWRITE_OR_REFRESH: (
            "Run pulumi refresh to see it in this stack: after that, pulumi up replaces it."
            f" {language.overwrite} replaces it at once. To keep it, declare {language.mail_from_domain}."
        ),
        Remedy.RUN_AGAIN: "Run pulumi up again to continue.",
        Remedy.RUN_AGAIN_TO_WAIT: "Correct what is named, then run pulumi up again: it continues to wait.",
        Remedy.USE_ACCOUNT_IN_STATE: (
            f"Use credentials of {{stated_account}} (AWS_PROFILE, or {config}:profile in the stack's config). If the"
            " resource is to move to the other account for good, remove it from this stack's state first (pulumi state"
            " delete <URN>), then run pulumi up."
        ),
        Remedy.USE_ALLOWED_ACCOUNT: (
            "Use credentials of another account, or correct the stack's config"
            f" ({config}:allowedAccountIds, {config}:forbiddenAccountIds)."
        ),
    }


_LINES: Final[Mapping[type[Notice], str]] = {
    Adopted: (
        "{notice.key}: adopted: {notice.found.mail_from_domain} is already its MAIL FROM domain (status"
        " {notice.found.status})"
    ),
    Overwrote: (
        "{notice.key}: overwrite: replaced {notice.replaced.mail_from_domain} (status {notice.replaced.status}), which"
        " this stack did not set"
    ),
    LeftToDeclaration: (
        "{notice.key}: left in place: {notice.mail_from_domain}: another resource of this program declares this"
        " identity"
    ),
    LeftToOthers: "{notice.key}: left in place: {notice.mail_from_domain}: this stack did not set it",
    StatusChanged: "{notice.key}: status {notice.before} -> {notice.after}",
    MailFromDomainMissing: "{notice.key}: {notice.mail_from_domain} is no longer set: pulumi up sets it again",
    MailFromDomainDiffers: (
        "{notice.key}: SES has another MAIL FROM domain than state: {notice.found}, not {notice.stated}"
    ),
    BehaviorDiffers: "{notice.key}: SES has another behavior than state: {notice.found}",
    StatusFailed: (
        "{notice.key}: status Failed: SES did not find the MX record of {notice.mail_from_domain} and has stopped"
        " looking; pulumi up sets it again, which restarts the search"
    ),
    MailRejected: (
        "{notice.key}: RejectMessage: SES rejects all mail from this identity until it has verified"
        " {notice.mail_from_domain} (found its MX record)"
    ),
    WaitingForIdentity: (
        "{notice.key}: SES does not know this identity yet: waiting for it, {notice.seconds:.0f} s at most"
    ),
}
"""The line of each notice that has no parts of its own to word."""


def _sentence(finding: Finding) -> str:
    if finding.code not in NAME_SERVER_CHOICE:
        return finding.sentence
    return f"{finding.sentence.removesuffix('.')} (the stack's config ses-mail-from:nameservers)."


def _progress(notice: WaitingForVerification) -> str:
    more = f", and {notice.left - 1} more" if notice.left > 1 else ""
    return (
        f"waiting for SES to verify MAIL FROM domains, {durations.words(notice.waited)} of"
        f" {durations.words(notice.timeout)}: {notice.total - notice.left} of {notice.total} verified; not yet"
        f" {notice.first}{more}"
    )


class Wording:
    """The words of one language.

    Args:
        language: The language of the program.
    """

    def __init__(self, language: Language = PYTHON) -> None:
        self._remedies = remedies(language)
        self.region_config = f"the stack's config, {language.namespace}:region"

    def error(self, error: MailFromError) -> str:
        """The whole message of an error: what is wrong, and what to do."""
        if isinstance(error, NotVerified):
            return "\n".join(self._not_verified(error))
        if isinstance(error, WrongAccount) and error.failure:
            return f"{error.cause}: {self.error(error.failure)} {self._remedies[Remedy.CORRECT_ALLOWED_ACCOUNTS]}"
        return worded(error, self._remedies)

    def notice(self, notice: Notice) -> str:
        """The line that a notice makes."""
        if isinstance(notice, AccountGuardOff):
            return f"the account guard is off in {notice.region}: {self.error(notice.failure)}"
        if isinstance(notice, WaitingForVerification):
            return _progress(notice)
        return _LINES[type(notice)].format(notice=notice)

    def _not_verified(self, error: NotVerified) -> Iterator[str]:
        yield f"{error.cause}:"
        for one in error.details:
            yield one.description
            if one.problem:
                yield f"  DNS was not checked: {self.error(one.problem)}"
            elif not one.findings:
                yield "  DNS is as it should be: SES usually checks again within minutes"
            for finding in one.findings:
                yield f"  {finding.code}: {_sentence(finding)}"
                if finding.record and finding.expected:
                    yield f"    to publish: {finding.expected}"
        if error.more:
            yield f"and {error.more} more: `ses-mail-from doctor` explains each"
        if error.failure:
            yield f"SES could not be reached at the end: {self.error(error.failure)}"
        yield self._remedies[Remedy.RUN_AGAIN_TO_WAIT]
