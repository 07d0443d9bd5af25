"""Steps of the pipeline: which fences the vehicles of a batch entered, left or crossed.

One cheap query per batch says whether the fences have changed; they are read again only then.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.events import VehicleCrossed, VehicleEntered, VehicleLeft
from core.wiring import wiring
from gps.fences import Book, FenceShape, Inside, Passed, Step, sights
from gps.motion import Sight
from gps.movement_models import Fence
from gps.movements import Way
from gps.repository import Cursor
from gps.shapes import shape_of

if TYPE_CHECKING:
    from gps.pipeline import Batch

FENCES = "fences"
"""Its key in what is remembered with the latest position."""

_FACTS: dict[str, type[VehicleEntered | VehicleLeft | VehicleCrossed]] = {
    "enter": VehicleEntered,
    "exit": VehicleLeft,
    "cross": VehicleCrossed,
}
_books: dict[int, Book] = {}


def read_inside(batch: "Batch") -> None:
    """Before the filters write down what they remember."""
    for vehicle, latest in batch.latest.items():
        told = batch.remembered.get(vehicle)
        inside = told.inside if told else None
        batch.inside[vehicle] = inside or Inside.from_json(latest.motion.get(FENCES))


def pass_fences(batch: "Batch") -> None:
    """Before the ways are followed: their last fix is where the first step begins."""
    book = book_of(batch.cur, batch.uow.session, batch.uow.org_id) if batch.kept else None
    if book is None or not book.fences:
        return
    devices: list[UUID] = []
    steps: list[Step] = []
    last: dict[UUID, Sight] = {}
    for (vehicle, fix), sight in zip(batch.kept, batch.sights, strict=True):
        before = last.get(vehicle) or _last(batch.ways.now.get(vehicle)) or sight
        last[vehicle] = sight
        steps.append(Step(vehicle, before, sight))
        devices.append(fix.device_id)
    known = {vehicle: batch.inside.setdefault(vehicle, Inside()) for vehicle in last}
    book.renew(known, sights(steps))
    device_of = {id(step): device for step, device in zip(steps, devices, strict=True)}
    batch.passed = [(one, device_of[id(one.step)]) for one in book.passed(steps, known)]


def _last(way: Way | None) -> Sight | None:
    seen = way.last if way else None
    return Sight(datetime.fromtimestamp(seen.t, UTC), seen.lat, seen.lon) if seen else None


def remember_inside(batch: "Batch") -> None:
    for vehicle in batch.seen & batch.latest.keys():
        known = batch.inside.get(vehicle)
        if known is not None and known.edition:
            batch.latest[vehicle].motion[FENCES] = known.to_json()


def record_passages(batch: "Batch") -> None:
    for one, device in batch.passed:
        fact = _fact(one, device)
        batch.uow.emit(one.step.vehicle, fact, occurred_at=one.passage.at, source="gps")


def _fact(one: Passed, device: UUID) -> VehicleEntered | VehicleLeft | VehicleCrossed:
    return _FACTS[one.passage.kind](
        fence_id=one.fence.id,
        device_id=device,
        lat=one.step.after.lat,
        lon=one.step.after.lon,
        uncertainty_s=one.passage.uncertainty_s,
    )


def book_of(cur: Cursor, session: Session, org_id: int) -> Book | None:
    """The fences of an organisation as they are now; None where it has none."""
    cur.execute("SELECT max(edition) FROM fence WHERE org_id = %s", (org_id,))
    (edition,) = cur.fetchone() or (None,)
    if edition is None:
        return None
    book = _books.get(org_id)
    if book is None or book.edition != edition:
        book = _books[org_id] = _read(session, org_id, edition)
    return book


def _read(session: Session, org_id: int, edition: int) -> Book:
    query = select(Fence).where(Fence.org_id == org_id, Fence.active).order_by(Fence.id)
    rows = list(session.scalars(query))
    centres = wiring().centres(session, org_id) if any(row.unit_id for row in rows) else {}
    return Book([_fence(row, centres) for row in rows], edition)


def _fence(row: Fence, centres: Any) -> FenceShape:
    vehicles: frozenset[UUID] | None = None
    if row.vehicle_ids is not None:
        vehicles = frozenset(UUID(id_) for id_ in row.vehicle_ids)
    elif row.unit_id is not None:
        vehicles = frozenset(vehicle for vehicle, unit in centres.items() if unit == row.unit_id)
    return FenceShape(row.id, row.edition, shape_of(row.shape), vehicles)
