"""The identities of an account, listed page by page: candidates for the free places of a Get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from pulumi_ses_mail_from_provider.rules.errors import Cancelled

from .rate_limiter import TooSlow

ListPage = Callable[["str | None", "float | None"], "tuple[Sequence[str], str | None]"]
"""Lists a page. Takes the token of the page and the patience of the caller in seconds (None: no limit); returns the
identities and the token of the next page."""


class Listing:
    """The identities listed so far, in SES's order. For one thread at a time."""

    def __init__(self, list_page: ListPage) -> None:
        self._list_page = list_page
        self._names: list[str] = []
        self._positions: dict[str, int] = {}
        self._token: str | None = None
        self._has_more = True

    def extend(self, patience: float | None) -> None:
        """List the next page, if there is one. An error ends the listing: everything works without it.

        Args:
            patience: The longest time to wait, in seconds. None: no limit. A page that takes longer can be listed the
                next time.

        Raises:
            Cancelled: The run is cancelled.
        """
        if not self._has_more:
            return
        try:
            page, self._token = self._list_page(self._token, patience)
        except TooSlow:
            return
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001 - the credentials may not allow ListIdentities
            page, self._token = [], None
        self._has_more = self._token is not None
        for name in page:
            self._positions.setdefault(name, len(self._names))
            self._names.append(name)

    def around(self, names: Iterable[str]) -> Iterator[str]:
        """All listed identities, in a circle that starts behind the first of `names` that is listed."""
        start = next((self._positions[name] + 1 for name in names if name in self._positions), 0)
        return chain(islice(self._names, start, None), islice(self._names, start))
