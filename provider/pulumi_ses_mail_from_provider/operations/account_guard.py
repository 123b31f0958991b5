"""Whose settings may be touched: the account of the credentials against the config's lists and against state."""

from __future__ import annotations

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, WrongAccount
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings


def guard(settings: AwsSettings, account: str | CallFailed, key: Key, stated_account: object) -> str | None:
    """The account to note for a setting: the one in use, or else the one in state.

    account: that of the credentials, or why it cannot be known.
    stated_account: the one that state remembers, if any.

    Raises WrongAccount if the setting must not be touched with these credentials.
    """
    allowed, forbidden = settings.allowed_account_ids, settings.forbidden_account_ids
    if isinstance(account, CallFailed):
        if allowed or forbidden:
            raise WrongAccount(
                f"{key}: aws:allowedAccountIds or aws:forbiddenAccountIds is set, but the account of the credentials"
                f" could not be determined: {account}"
            )
        return str(stated_account) if stated_account else None
    if account in forbidden or (allowed and account not in allowed):
        raise WrongAccount(
            f"{key}: the credentials in use belong to account {account}, which the stack's config does not allow"
            " (aws:allowedAccountIds, aws:forbiddenAccountIds). This setting was not changed. Use credentials of"
            " another account, or correct the config."
        )
    if stated_account and stated_account != account:
        raise WrongAccount(
            f"{key}: the credentials in use belong to account {account}, but this stack's setting is in account"
            f" {stated_account}. This setting was not changed. Use credentials of {stated_account} (AWS_PROFILE, or"
            " aws:profile in the stack's config). If the setting is to move for good, take it out of this"
            " stack's state first (pulumi state delete <URN>), then run pulumi up."
        )
    return account
