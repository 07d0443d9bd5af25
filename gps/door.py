"""Who is let in, who waits in quarantine, who is refused, and what looks like theft."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Protocol
from uuid import UUID

from core.clock import monotonic, now
from core.logging import logger
from core.settings import settings
from gps import pipeline, strangers, terminals
from gps.connection import Connection
from gps.contest import Takeover, unlike, wait_s
from gps.contests import Sighting
from gps.fix import Fix
from gps.jt808.downlink import REGISTER_NO_TERMINAL, REGISTER_OK, REGISTER_TAKEN
from gps.jt808.uplink import Attributes, Register
from gps.models import Device
from gps.notices import Ask, Notices
from gps.quirks import put_right
from gps.reading import told_as_attributes, told_at_registration
from gps.repository import Latest
from gps.session import Session
from gps.terminals import PROTOCOL, Login, Terminal

log = logger(__name__)

HEARD_S = 90.0
"""A connection that was heard of so lately is alive."""


class Caller(Protocol):
    """Who says that it is a device. `quarantined`: its positions are kept until it is known."""

    protocol: str
    identity: str
    address: str
    quarantined: bool


class Door:
    """One per gateway; `active` is the gateway's own table of connected devices."""

    def __init__(
        self,
        gateway_id: str,
        active: dict[UUID, Connection[Any]],
        ask: Ask,
        *,
        quarantine: bool,
        zone: tzinfo,
    ) -> None:
        self.quarantine = quarantine
        self.notices = Notices()
        self._gateway_id = gateway_id
        self._active = active
        self._ask = ask
        self._zone = zone
        self._refuse_newer = settings().gps_contested_devices == "refuse_newer"

    async def register(self, session: Session, message: Register) -> tuple[int, str]:
        """Result of 0x8100 and the code."""
        told = told_at_registration(message)
        answer = await self._ask(terminals.register, session.identity, told, now())
        if answer.result == "ok":
            return REGISTER_OK, answer.code
        if answer.result == "contested":
            claim = {name: value for name, value in told.items() if value not in ("", None)}
            self._is_another(session, answer.terminal, claim)
            return REGISTER_TAKEN, ""
        kept = self.quarantine and not await self._ask(
            strangers.is_ignored, PROTOCOL, session.identity
        )
        code = secrets.token_hex(8) if kept else None
        self.notices.knock(PROTOCOL, session.identity, session.address, now(), told, code)
        return (REGISTER_OK, code) if code else (REGISTER_NO_TERMINAL, "")

    async def authenticate(self, session: Connection[Any], told: Mapping[str, Any]) -> Login:
        """Whether it is let in. A wrong code in a row is answered ever later."""
        if self._keeps_the_older(session):
            return Login("contested")
        login = await self._login(session, told)
        if login.result == "ok" and login.terminal is not None:
            self.notices.right_code(login.terminal)
            if other := unlike(login.terminal.told, told):
                self._is_another(session, login.terminal, other)
        elif login.result == "code" and login.terminal is not None:
            wrong = self.notices.wrong_code(login.terminal, session.address)
            await asyncio.sleep(wait_s(wrong))
        elif login.result == "stranger":
            await self._wait_outside(session, told)
        return login

    async def visit(self, caller: Caller) -> Terminal | None:
        """Which device it is, of one that does not stay connected; None for a stranger."""
        terminal: Terminal | None = await self._ask(
            terminals.visit, caller.protocol, caller.identity, caller.address, now()
        )
        if terminal is None:
            await self._wait_outside(caller, {})
        return terminal

    async def _login(self, session: Connection[Any], told: Mapping[str, Any]) -> Login:
        login: Login = await self._ask(
            terminals.authenticate,
            session.identity,
            session.code,
            self._gateway_id,
            now(),
            protocol=session.protocol,
            address=session.address,
            told=told,
            adopted=session.quarantined,
            refuse_newer=self._refuse_newer,
        )
        return login

    def _keeps_the_older(self, session: Connection[Any]) -> bool:
        """Two fight over it, and the one that is in and alive stays."""
        if not self._refuse_newer:
            return False
        for older in self._active.values():
            if _same_device(older, session) and older is not session:
                terminal = older.terminal
                heard = monotonic() - older.last_frame <= HEARD_S
                return terminal is not None and terminal.contested and heard
        return False

    async def _wait_outside(self, session: Caller, told: Mapping[str, Any]) -> None:
        ignored = await self._ask(strangers.is_ignored, session.protocol, session.identity)
        session.quarantined = self.quarantine and not ignored
        self.notices.knock(session.protocol, session.identity, session.address, now(), told)
        if session.quarantined:  # what it sends next needs its row
            await self.notices.write(self._ask, now())

    async def detain(self, session: Caller, fixes: Sequence[Fix]) -> bool:
        """Keep positions of a stranger; False: it shall keep them itself."""
        kept: bool = await self._ask(strangers.keep, session.protocol, session.identity, fixes)
        return kept

    def tells(self, session: Session, message: Attributes) -> None:
        """SIM card and versions."""
        if (terminal := session.terminal) is None:
            return
        said = told_as_attributes(message)
        if other := unlike(terminal.told, said):
            self._is_another(session, terminal, other)
        elif said != {name: terminal.told.get(name, "") for name in said}:
            self.notices.tell(terminal, said)

    def _is_another(
        self, session: Connection[Any], terminal: Terminal, claim: Mapping[str, object]
    ) -> None:
        log.warning("terminal_is_another", identity=session.identity)
        seen = Sighting(*terminal[:2], "hardware", claim=claim, addresses=(session.address,))
        self.notices.see(seen)

    def cannot(self, session: Session, what: str) -> None:
        """It has refused something for good."""
        if session.terminal is not None:
            self.notices.cannot(session.terminal, what)

    def foreign(self, session: Connection[Any], identity: str) -> None:
        """A frame of another identity came on its connection."""
        if (terminal := session.terminal) is not None:
            seen = Sighting(*terminal[:2], "foreign", claim={"identity": identity})
            self.notices.see(seen._replace(addresses=(session.address,)))

    def retired(self, session: Connection[Any]) -> None:
        """An older connection has ended, and how shows whether it was alive."""
        if session.terminal is not None and session.successor and session.alive:
            takeover = Takeover(
                now(), session.alive, session.spoke, session.address, session.successor
            )
            self.notices.takeover(session.terminal, takeover)

    def look_at_clocks(self) -> None:
        """What the connections show about the clocks of their terminals."""
        for session in self._active.values():
            if session.terminal is not None and session.clock.news():
                self.notices.clock(session.terminal, session.clock.off_min or 0)

    async def adopt(
        self,
        waiting: Sequence[Connection[Any]],
        publish: Callable[[int, dict[UUID, Latest]], None],
    ) -> list[tuple[Connection[Any], Terminal]]:
        """Those of the waiting who are known by now, logged in; and what was kept of them.

        Positions first: what is live is newer.
        """
        await self._release(publish)
        if not waiting:
            return []
        known = await self._ask(
            terminals.find_all, {(one.protocol, one.identity) for one in waiting}
        )
        let_in = []
        for session in waiting:
            if (session.protocol, session.identity) not in known or not session.quarantined:
                continue
            login = await self._login(session, {})
            if login.result == "ok" and login.terminal is not None:
                let_in.append((session, login.terminal))
            else:
                session.close("is known now")
        return let_in

    async def _release(self, publish: Callable[[int, dict[UUID, Latest]], None]) -> None:
        kept = await self._ask(strangers.of_known)
        by_org: dict[int, list[Fix]] = {}
        for device, fix in kept:
            meant = put_right(fix, terminals.quirks_of(device), self._usual_zone(device))
            by_org.setdefault(device.org_id, []).append(meant)
        for org_id, fixes in by_org.items():
            written = await self._ask(pipeline.write, org_id, fixes)
            publish(org_id, written.latest)
        if kept:
            log.info("positions_out_of_quarantine", fixes=len(kept))
            keys = [(one.protocol, one.identity, fix.at) for one, fix in kept]
            await self._ask(strangers.forget, keys)

    def _usual_zone(self, device: Device) -> tzinfo:
        """The other protocols say what zone their times are in, and are read so."""
        return self._zone if device.protocol == PROTOCOL else UTC


def _same_device(one: Connection[Any], other: Connection[Any]) -> bool:
    return (one.protocol, one.identity) == (other.protocol, other.identity)
