"""Who sits at which desk, as this process sees it: told to the database while it lives.

Each unit with clients connected here is a lease that this process renews; when the process dies
the lease runs out. Every process looks whether something is new about a desk; one records it.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from core.clock import now, real_now
from core.db import read_session
from core.identity import Principal
from core.models import Organisation
from core.rights import Role
from core.settings import settings
from dispatch.desks import service
from dispatch.desks.repository import Saying
from dispatch.desks.rules import Cause, Lease
from dispatch.desks.service import Look
from dispatch.routing.duty import units_on_duty
from dispatch.routing.repository import settings_of
from dispatch.routing.rules import Settings

LOOK_S = 1.0
ROSTER_HOLDS = timedelta(seconds=10)
SITTING = (Role.SHIFT_LEAD, Role.DISPATCHER, Role.CREW)
"""Whose pages make a unit's desk open. An agent's does not: releasing is the lead's."""
LEFT = (1000, 1001, 4401)
"""How a page that is closed, left or logged out says goodbye (RFC 6455, and our own)."""

Key = tuple[int, UUID]


@dataclass(frozen=True, slots=True)
class Sitting:
    """Clients of one unit that are connected here, and since when by both clocks."""

    clients: int
    here_since: datetime
    arrived: datetime
    gone_at: datetime | None = None
    gone: datetime | None = None
    cause: Cause | None = None


class Presence:
    """The desks of this process. All but `look` runs in the event loop."""

    def __init__(self) -> None:
        self.process_id = uuid4()
        self._began = real_now()
        self._sitting: dict[Key, Sitting] = {}
        self._grace: dict[int, timedelta] = {}
        self._duty: dict[int, tuple[datetime, Mapping[UUID, bool]]] = {}
        self.stopping = False

    def arrive(self, principal: Principal) -> None:
        """A client is connected and follows something."""
        key = (principal.org_id, principal.unit_id)
        if principal.role not in SITTING:
            return
        known = self._sitting.get(key)
        if known is not None and known.clients > 0:
            self._sitting[key] = replace(known, clients=known.clients + 1)
        else:
            self._sitting[key] = Sitting(1, now(), real_now())

    def leave(self, principal: Principal, code: int) -> None:
        """It is gone. Where this process stops, its leases are left to run out."""
        key = (principal.org_id, principal.unit_id)
        known = self._sitting.get(key)
        if principal.role not in SITTING or known is None or self.stopping:
            return
        known = replace(known, clients=known.clients - 1)
        if known.clients == 0:
            cause: Cause = "left" if code in LEFT else "lost"
            known = replace(known, gone_at=now(), gone=real_now(), cause=cause)
        self._sitting[key] = known

    async def run(self) -> None:
        """Say who is here and record what is new, until cancelled; a look is always finished.

        Its thread cannot be stopped, and must not use a database that is closed behind it.
        """
        while True:
            said = list(self._said(real_now()))
            look = asyncio.ensure_future(asyncio.to_thread(self.look, said))
            try:
                self._grace = await asyncio.shield(look)
            except asyncio.CancelledError:
                await asyncio.gather(look, return_exceptions=True)
                raise
            await asyncio.sleep(LOOK_S)

    def _said(self, real: datetime) -> Iterator[Saying]:
        lease = timedelta(seconds=settings().desk_lease_seconds)
        for (org_id, unit_id), one in list(self._sitting.items()):
            grace = self._grace.get(org_id, timedelta(seconds=Settings().desk_grace_s))
            until = real + lease if one.gone is None else one.gone + grace
            if one.gone is not None and until + lease < real:
                del self._sitting[org_id, unit_id]
                continue
            kept = Lease(one.here_since, one.arrived + grace, until, one.gone_at, one.cause)
            yield Saying(org_id, unit_id, kept)

    def look(self, said: list[Saying]) -> dict[int, timedelta]:
        """Renew the leases, record what is new; gives the grace of each organisation."""
        service.keep_leases(self.process_id, said)
        old_enough = timedelta(seconds=settings().desk_lease_seconds)
        with read_session() as session:
            organisations = session.scalars(select(Organisation.id)).all()
            grace = {one: settings_of(session, one).desk_grace_s for one in organisations}
        for org_id in organisations:
            moment, real = now(), real_now()
            duty = self._on_duty(org_id, moment, real)
            service.settle(org_id, Look(moment, real, duty, real - self._began > old_enough))
        return {one: timedelta(seconds=seconds) for one, seconds in grace.items()}

    def _on_duty(self, org_id: int, moment: datetime, real: datetime) -> Mapping[UUID, bool]:
        """By the roster, which is not read anew at every look."""
        asked, duty = self._duty.get(org_id, (None, {}))
        if asked is None or real - asked > ROSTER_HOLDS:
            with read_session() as session:
                duty = units_on_duty(session, org_id, moment)
            self._duty[org_id] = (real, duty)
        return duty
