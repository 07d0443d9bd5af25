"""Vehicles that nobody hears any more: looked for, recorded, told.

The engine calls `sweep`; any number may run. A vehicle is looked at when one of its devices may
have fallen silent, under the lock that the gateways write its position with, so that no fix slips
in between; one that is silent is looked at again every few minutes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.clock import rate, real_now
from core.events import VehicleSilent
from core.uow import UnitOfWork
from dispatch.roster.duty import all_on_duty
from dispatch.silence import repository
from dispatch.silence.duty import duties
from dispatch.silence.rules import Duty
from dispatch.silence.telling import Told, tell
from dispatch.turns import Turns
from gps.listening import unbroken_since
from gps.models import VehiclePosition
from gps.quiet import Ears, Judged, Mounted, judge
from gps.rhythm import FLOOR_S, Rhythm
from gps.silence import moment, read_rhythms, write_rhythms

SOURCE = "gps"
REAL_S = 15.0
"""Real seconds that a device is given at least where business time runs fast."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known at one moment: who listens, what is in the vehicles, who is on duty."""

    ears: Ears
    mounted: Mapping[UUID, Mapping[UUID, Mounted]]
    crews: Mapping[UUID, UUID]
    duty: Mapping[UUID, Duty]
    told: Told

    def on_duty(self, vehicle_id: UUID, now: datetime) -> bool:
        """Whether the crew of a vehicle is; a vehicle without one is nobody's."""
        crew = self.crews.get(vehicle_id)
        return crew is not None and crew in self.duty and self.duty[crew].answers(now)


def sweep(now: datetime, limit: int = 500) -> int:
    """Look at vehicles that may have fallen silent; returns at how many."""
    patience = timedelta(seconds=max(0.0, rate() * REAL_S - FLOOR_S))
    return _TURNS.sweep(now - patience, limit)


def _serve(uow: UnitOfWork, limit: int, only: UUID | None = None) -> int:
    rows = repository.claim(uow.session, uow.org_id, uow.now, limit, only)
    if not rows:
        return 0
    look = _look(uow, rows)
    for row in rows:
        _judge(uow, row, look)
    return len(rows)


def _look(uow: UnitOfWork, rows: Sequence[VehiclePosition]) -> Look:
    session, org_id = uow.session, uow.org_id
    vehicles = [row.vehicle_id for row in rows]
    crews = repository.crews(session, org_id, vehicles)
    roster = all_on_duty(session, org_id, uow.now)
    mounted = repository.mounted(session, org_id, vehicles)
    return Look(
        ears=Ears(
            since=unbroken_since(session, uow.now, real_now()),
            together=repository.fell_together(session, org_id, uow.now),
        ),
        mounted=mounted,
        crews=crews,
        duty=duties(session, org_id, set(crews.values()), roster, uow.now),
        told=Told(
            connected=repository.connected(session, org_id, crews.values(), real_now()),
            roster=roster,
            asked=repository.asked(
                session, org_id, [id_ for one in mounted.values() for id_ in one]
            ),
        ),
    )


def _judge(uow: UnitOfWork, row: VehiclePosition, look: Look) -> None:
    known = read_rhythms(row.rhythm)
    judged = judge(
        known,
        row.device_id,
        look.mounted.get(row.vehicle_id, {}),
        look.ears,
        uow.now,
        on_duty=look.on_duty(row.vehicle_id, uow.now),
        said_on_duty=row.silent_on_duty,
    )

    row.rhythm, row.due_at = write_rhythms(known), judged.due_at
    for at, fact in judged.facts:
        if isinstance(fact, VehicleSilent) and fact.unknown:
            row.silent_since = row.silent_since or at
    row.silent_on_duty = judged.on_duty
    for at, fact in judged.facts:
        uow.emit(row.vehicle_id, fact, occurred_at=at, source=SOURCE)
    if judged.facts:
        uow.touch("vehicle", row.vehicle_id)
    if judged.on_duty:
        _tell(uow, row, known, judged, look)


def _tell(
    uow: UnitOfWork,
    row: VehiclePosition,
    known: Mapping[UUID, Rhythm],
    judged: Judged,
    look: Look,
) -> None:
    """The crew, unless most of the fleet is silent: that is not its trouble."""
    silent = {id_: moment(one.silent_since) for id_, one in known.items() if one.silent_since}
    said = [fact for _, fact in judged.facts if isinstance(fact, VehicleSilent)]
    fresh = {fact.device_id for fact in said if not fact.together}
    tell(uow, row, look.crews[row.vehicle_id], silent, fresh, look.told)


_TURNS = Turns(
    name="silence",
    organisations=repository.organisations,
    serve=_serve,
    cases=repository.due,
    postpone=repository.postpone,
    try_again=timedelta(minutes=1),
    at_once=100,
)
