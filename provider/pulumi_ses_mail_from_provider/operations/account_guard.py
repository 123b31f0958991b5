"""Which account may be changed: that of the credentials, compared with the allowed accounts and with state."""

from __future__ import annotations

from collections.abc import Callable

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, Remedy, WrongAccount
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.notices import AccountGuardOff, Notice
from pulumi_ses_mail_from_provider.ses.connections import Connections


class AccountGuard:
    """Refuses to touch MAIL FROM domains of other accounts.

    Args:
        connections: Knows the account of the credentials, and the allowed and forbidden ones.
        notify: Shows a notice to the user.
        on_account: Called with the account of the credentials, whenever it is known.
    """

    def __init__(
        self,
        connections: Connections,
        notify: Callable[[Notice], object],
        on_account: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._connections, self._notify, self._on_account = connections, notify, on_account

    def check(self, key: Key, stated_account: str | None) -> str | None:
        """Return the account to store in state: the one in use or, if that is not known, the one in state.

        Args:
            key: The MAIL FROM domain that is about to be read or written.
            stated_account: The account that state has for it, if any.

        Raises:
            WrongAccount: The MAIL FROM domain must not be touched with these credentials.
        """
        settings, account = self._connections.settings, self._connections.account(key.region)
        allowed, forbidden = settings.allowed_account_ids, settings.forbidden_account_ids
        if isinstance(account, CallFailed):
            if allowed or forbidden:
                raise WrongAccount(
                    key,
                    "only certain accounts may be used, but the account ID of the credentials could not be determined",
                    Remedy.CORRECT_ALLOWED_ACCOUNTS,
                    failure=account,
                )
            self._notify(AccountGuardOff(key.region, account))
            return stated_account
        self._on_account(account)
        if account in forbidden or (allowed and account not in allowed):
            raise WrongAccount(
                key,
                f"the credentials belong to account {account}, which is not allowed. Nothing was changed",
                Remedy.USE_ALLOWED_ACCOUNT,
                account=account,
            )
        if stated_account and stated_account != account:
            raise WrongAccount(
                key,
                f"the credentials belong to account {account}, but state has this MAIL FROM domain in account"
                f" {stated_account}. Nothing was changed",
                Remedy.USE_ACCOUNT_IN_STATE,
                account=account,
                stated_account=stated_account,
            )
        return account
