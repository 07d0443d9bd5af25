"""What a gateway has noticed and not yet written down: bounded, written every few seconds."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from core.logging import logger
from core.trouble import try_again
from gps import contests, strangers, terminals
from gps.contest import WRONG_CODES, Takeover
from gps.contests import Sighting
from gps.strangers import Knocks
from gps.terminals import News, Terminal

log = logger(__name__)

MOST_KNOCKS = 2000
"""Identities between two writings; a flood beyond them is only counted."""

Ask = Callable[..., Awaitable[Any]]
"""Calls something that talks to the database, off the loop."""


class Notices:
    """One per gateway. Nothing here waits for the database but `write`."""

    def __init__(self) -> None:
        self._knocks: dict[tuple[str, str], Knocks] = {}
        self._sightings: dict[tuple[int, UUID, str], Sighting] = {}
        self._takeovers: list[tuple[int, UUID, Takeover]] = []
        self._news: dict[int, dict[UUID, News]] = {}
        self._wrong: Counter[UUID] = Counter()
        self._missed = 0

    def knock(
        self,
        protocol: str,
        identity: str,
        address: str,
        at: datetime,
        told: Mapping[str, Any] | None = None,
        code: str | None = None,
    ) -> None:
        """A stranger tried to get in."""
        key = protocol, identity
        if key not in self._knocks and len(self._knocks) >= MOST_KNOCKS:
            self._missed += 1
            return
        one = self._knocks.setdefault(key, Knocks(at))
        one.at, one.tries, one.address = at, one.tries + 1, address
        one.told = one.told | {name: value for name, value in (told or {}).items() if value}
        one.auth_code = code or one.auth_code

    def see(self, seen: Sighting) -> None:
        """Something that speaks against a device's identity; the same is counted."""
        key = seen.org_id, seen.device_id, seen.kind
        before = self._sightings.get(key)
        if before is not None:
            addresses = tuple(dict.fromkeys(before.addresses + seen.addresses))
            seen = seen._replace(times=before.times + seen.times, addresses=addresses)
        self._sightings[key] = seen

    def wrong_code(self, terminal: Terminal, address: str) -> int:
        """The how manieth wrong code in a row; every so many are reported."""
        self._wrong[terminal.id] += 1
        wrong = self._wrong[terminal.id]
        if wrong == WRONG_CODES:
            self.see(Sighting(*terminal[:2], "code", wrong, addresses=(address,)))
        elif wrong > WRONG_CODES:
            self.see(Sighting(*terminal[:2], "code", 1, addresses=(address,)))
        return wrong

    def right_code(self, terminal: Terminal) -> None:
        self._wrong.pop(terminal.id, None)

    def takeover(self, terminal: Terminal, one: Takeover) -> None:
        self._takeovers.append((terminal.org_id, terminal.id, one))

    def clock(self, terminal: Terminal, off_min: int) -> None:
        """The clock of a terminal is so many minutes behind."""
        self._of(terminal).off_min = off_min

    def tell(self, terminal: Terminal, said: Mapping[str, Any]) -> None:
        """A terminal says more of itself."""
        self._of(terminal).told.update({name: value for name, value in said.items() if value})

    def cannot(self, terminal: Terminal, what: str) -> None:
        """A terminal has refused something that it shall not be asked again."""
        self._of(terminal).refused[what] = False

    async def write(self, ask: Ask, now: datetime) -> None:
        """Write it all down. What could not be written is noticed again or was not to be."""
        if self._missed:
            log.warning("strangers_not_listed", count=self._missed)
        knocks, self._knocks, self._missed = self._knocks, {}, 0
        if knocks:
            await ask(strangers.note, knocks)
        sightings, self._sightings = self._sightings, {}
        for org_id in sorted({org_id for org_id, _, _ in sightings}):
            mine = [one for one in sightings.values() if one.org_id == org_id]
            await ask(contests.report_all, org_id, mine)
        takeovers, self._takeovers = self._takeovers, []
        for org_id, device_id, takeover in takeovers:
            await ask(contests.taken_over, org_id, device_id, takeover)
        for org_id in list(self._news):
            news = self._news.pop(org_id)
            try:
                await ask(terminals.note, org_id, news, now)
            except Exception as error:
                if try_again(error):  # each connection tells it once
                    self._put_back(org_id, news)
                raise

    def _of(self, terminal: Terminal) -> News:
        return self._news.setdefault(terminal.org_id, {}).setdefault(terminal.id, News())

    def _put_back(self, org_id: int, news: Mapping[UUID, News]) -> None:
        since = self._news.setdefault(org_id, {})
        for device_id, one in news.items():
            since[device_id] = one.then(since.get(device_id, News()))
