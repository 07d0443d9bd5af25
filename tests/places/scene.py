"""An order at a place, a crew on its way there, and its vehicle fix by fix."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.rights import Scope
from core.uow import unit_of_work
from dashboards.order_page import order_page
from dispatch.orders import service as orders
from dispatch.orders.service import NewOrder
from dispatch.places import corrections
from dispatch.places.filing import Said, placed
from dispatch.starter import ORG_ID
from gps import pipeline
from gps.fix import Fix
from gps.models import Device
from tests.acts import Acts
from tests.office import query, turn

OLD = (39.9239, 116.3966)
NEW = (39.9329, 116.3966)  # a kilometre to the north
BEGINNING = (39.9149, 116.3966)


def file_at(acts: Acts, premise: UUID | None = None, **ticket: Any) -> UUID:
    ticket_id = acts.ticket(**ticket)
    with unit_of_work(acts.by("agent")) as uow:
        where = placed(uow.session, ORG_ID, Said("urban", premise_id=premise))
        if premise is None:
            where = placed(uow.session, ORG_ID, Said("urban", *OLD))
        return orders.file_order(
            uow,
            NewOrder(
                ticket_id,
                "no_power",
                "景山",
                "urban",
                0,
                "any",
                where.lat,
                where.lon,
                where.source,
                where.uncertainty_m,
                premise_id=where.premise_id,
            ),
        )


def under_way(acts: Acts, order_id: UUID) -> UUID:
    """The crew has accepted it; its assignment."""
    acts.order_act("release", order_id)
    acts.order_act("dispatch", order_id)
    assignment_id = acts.assignment(order_id).id
    acts.crew_act("accept", assignment_id)
    return assignment_id


def correct(acts: Acts, assignment_id: UUID, at: tuple[float, float] = NEW, **more: Any) -> UUID:
    crew = more.pop("crew", "east-1")
    with unit_of_work(acts.by("east.crew1")) as uow:
        mine = acts.access(Scope.CREW, crew)
        return corrections.correct_place(uow, assignment_id, mine, lat=at[0], lon=at[1], **more)


def page(order_id: UUID) -> dict[str, Any]:
    return query(lambda session: order_page(session, ORG_ID, order_id, now()))


def stamps(order_id: UUID, point: str) -> list[dict[str, Any]]:
    return [one for one in page(order_id)["stamps"] if one["point"] == point]


def verified() -> list[str]:
    with read_session() as session:
        return list(verify(session, ORG_ID))


class Drive:
    """The vehicle of an assignment, fix by fix, from now on."""

    def __init__(self, acts: Acts, order_id: UUID) -> None:
        vehicle = acts.assignment(order_id).vehicle_id
        wanted = select(Device.id).where(Device.vehicle_id == vehicle, Device.kind == "terminal")
        self.device = query(lambda session: session.scalars(wanted).one())
        self.at = now() + timedelta(milliseconds=50)
        self.last = BEGINNING

    def stand(self, where: tuple[float, float], seconds: int = 0) -> datetime:
        """Fixes at a place for so long; the time of the first."""
        first = self.at + timedelta(seconds=2 if where == self.last else 12)
        for _ in range(seconds // 2 + 1):
            self._fix(where, 0.0)
        return first

    def go(self, start: tuple[float, float], end: tuple[float, float], steps: int = 4) -> None:
        for step in range(1, steps):
            part = step / steps
            where = tuple(a + (b - a) * part for a, b in zip(start, end, strict=True))
            self._fix((where[0], where[1]), 110.0)

    def _fix(self, where: tuple[float, float], speed: float) -> None:
        self.at += timedelta(seconds=2 if where == self.last else 12)
        self.last = where
        fix = Fix(self.device, self.at, now(), *where, speed_kmh=speed, ignition=speed > 0)
        assert pipeline.write(ORG_ID, [fix], now=max(now(), self.at)).reasons["ok"] == 1
        turn()
