"""The law of live screens: old snapshot + deltas == fresh snapshot, whoever does what."""

import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core import live
from core.clock import now, real_now
from core.db import read_session, session_factory
from core.identity import EVERYTHING, Access
from core.rights import Role, Scope, rights_of
from core.uow import unit_of_work
from dashboards import agents, breaches_live, calls
from dashboards.board import snapshot
from dashboards.seen import Viewer, breach_seen, delta_seen
from dispatch.crews.models import Vehicle
from dispatch.desks import service as desks
from dispatch.desks.repository import Saying
from dispatch.desks.rules import Lease
from dispatch.desks.service import Look
from dispatch.escalation import service as escalation
from dispatch.help import service as help_calls
from dispatch.help.repository import open_or_of
from dispatch.orders import service
from dispatch.planning import service as planning
from dispatch.privacy.masking import Eyes
from dispatch.reviews import repository
from dispatch.reviews import service as reviews
from dispatch.reviews.service import Ruling
from dispatch.routing import automatic
from dispatch.routing.models import RoutingSettings
from dispatch.silence import service as silence
from dispatch.silence.jobs import send as tell_of_silence
from dispatch.silence.models import SilenceNotice
from dispatch.starter import ORG_ID
from gps import listening, pipeline
from gps.fix import Fix
from gps.models import Device
from sla import service as sla
from sla.repository import timers_of
from tests.acts import CREW_ACTS, ORDER_ACTS, Acts, refused
from tests.depth import examples
from tests.office import query, turn, unit_id

CREWS = ("east-1", "east-2", "west-1")
PROCESS = uuid4()
LATER = timedelta(hours=2)  # a row may not depend on when it is looked at


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    made = Acts(module_organisation)
    made.one_trade()
    with session_factory()() as session:
        session.execute(update(RoutingSettings).values(release_after_s=90))
        session.commit()
    return made


@dataclass
class Reader:
    """A screen that follows one topic, with an old state of its own to come back to."""

    topic: str
    centre: str | None = None
    number: int = -1
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    resyncs: int = 0

    def fetch(self) -> None:
        self.number, self.rows = fresh(self.topic, self.centre)

    def catch_up(self) -> None:
        """Apply the deltas since `number`; fetch again where they are no longer kept."""
        with read_session() as session:
            deltas = live.deltas_after(session, ORG_ID, self.topic, self.number, limit=100_000)
            if deltas is None:
                self.resyncs += 1
                return self.fetch()
            for delta in deltas:
                assert delta.number == self.number + 1
                self.number = delta.number
                item = {"entity": delta.entity, "key": delta.key, "value": delta.value}
                value = (delta_seen(item, viewer(self.centre)) if self.centre else item)["value"]
                if value is not None and delta.entity == "vehicle":
                    value = unplaced(value)
                if value is None:
                    self.rows.pop(f"{delta.entity} {delta.key}", None)
                else:
                    self.rows[f"{delta.entity} {delta.key}"] = value
        return None

    def check(self) -> None:
        self.catch_up()
        assert (self.number, self.rows) == fresh(self.topic, self.centre)


def viewer(centre: str) -> Viewer:
    """A dispatcher of this centre."""
    return Viewer(Eyes.of(rights_of(Role.DISPATCHER)), Access(Scope.CENTRE, unit_id(centre)))


def fresh_breaches(centre: str | None) -> tuple[int, dict[str, dict[str, Any]]]:
    with read_session() as session:
        found = breaches_live.snapshot(session, ORG_ID, now() + LATER, timedelta(days=2))
    rows = {f"review {row['id']}": row for row in found["reviews"]}
    rows |= {f"anomaly {row['id']}": row for row in found["anomalies"]}
    if centre is None:
        return found["number"], rows
    seen = {key: breach_seen(row, viewer(centre)) for key, row in rows.items()}
    return found["number"], {key: row for key, row in seen.items() if row is not None}


def fresh(topic: str, centre: str | None = None) -> tuple[int, dict[str, dict[str, Any]]]:
    if topic == live.BREACHES:
        return fresh_breaches(centre)
    with read_session() as session:
        if topic == live.CALLS:
            desk = calls.snapshot(session, ORG_ID, now() + LATER)
            return desk["number"], {f"call {row['id']}": row for row in desk["calls"]}
        if topic == live.AGENTS:
            return fresh_agents(agents.snapshot(session, ORG_ID, now() + LATER))
        found = snapshot(session, ORG_ID, topic, now() + LATER)
    rows = {f"order {row['id']}": row for row in found["orders"]}
    rows |= {f"crew {row['id']}": row for row in found["crews"]}
    rows |= {f"centre {row['id']}": row for row in found["centres"]}
    rows |= {f"help {row['id']}": row for row in found["help"]}
    rows |= {f"vehicle {row['id']}": unplaced(row) for row in found["vehicles"]}
    return found["number"], rows


def fresh_agents(found: dict[str, Any]) -> tuple[int, dict[str, dict[str, Any]]]:
    rows = {f"agent {row['id']}": row for row in found["agents"]}
    rows |= {f"callback {row['id']}": row for row in found["callbacks"]}
    rows |= {f"announcement {row['id']}": row for row in found["announcements"]}
    return found["number"], rows | {f"carrier {row['id']}": row for row in found["carrier"]}


def unplaced(row: dict[str, Any]) -> dict[str, Any]:
    """A vehicle without where it is and until when that holds: positions are not numbered."""
    moving = ("lat", "lon", "speed_kmh", "course_deg", "fix_at", "quiet_at")
    return {name: value for name, value in row.items() if name not in moving}


def topics() -> list[str]:
    centres = [f"board:{unit_id(code)}" for code in ("east", "west")]
    return ["board:all", *centres, *(f"crew:{unit_id(code)}" for code in CREWS)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *(f"order {act}" for act in ORDER_ACTS),
                *(f"crew {act}" for act in (*CREW_ACTS, "recall")),
                "order release",
                "order dispatch",
                "crew accept",
                "away",
                "back",
                "desk comes",
                "desk goes",
                "help calls",
                "help noted",
                "help ends",
                "automatic",
                "file",
                "confirm",
                "sweep",
                "rule",
                "acknowledge",
                "correct",
                "reconnect",
                "prune",
                "position",
                "quiet",
            )
        ),
        st.integers(0, 2),
        st.sampled_from(CREWS),
    ),
    min_size=5,
    max_size=25,
)


class Play:
    """Orders, readers, and the steps that people take."""

    def __init__(self, acts: Acts) -> None:
        self.acts = acts
        self.orders: list[UUID] = [acts.file(), acts.file(), acts.sent("east-1")[0]]
        self.readers = [Reader(topic) for topic in topics()]
        self.readers += [Reader(live.BREACHES, centre) for centre in (None, "east", "west")]
        for reader in self.readers:
            reader.fetch()
        self.old = copy.deepcopy(self.readers)

    def step(self, what: str, index: int, crew: str) -> None:
        order_id = self.orders[index]
        kind, _, act = what.partition(" ")
        centre, _, number = crew.partition("-")
        if kind == "order":
            refused(self.acts.order_act, act, order_id, centre, number)
        elif what in ("away", "back"):
            refused(getattr(self.acts, what), crew)
        elif kind == "desk":
            self._desk(unit_id(centre), comes=act == "comes")
        elif kind == "help":
            self._help(act, crew)
        elif kind == "crew":
            if self.acts.order(order_id).assignment_id:
                refused(self.acts.crew_act, act, self.acts.assignment(order_id).id, crew)
        else:
            getattr(self, f"_{what}")(order_id)

    def _file(self, order_id: UUID) -> None:
        self.orders[self.orders.index(order_id)] = self.acts.file()
        self.acts.put_away(order_id)

    def _confirm(self, order_id: UUID) -> None:
        for receipt in self.acts.receipts(order_id)[:1]:
            self.acts.confirm(receipt)

    def _desk(self, unit: UUID, *, comes: bool) -> None:
        """Somebody sits down at a centre's desk, or leaves it."""
        moment, real = now(), real_now()
        until = real + timedelta(minutes=1) if comes else real
        lease = Lease(moment, real, until, None if comes else moment, None if comes else "left")
        desks.keep_leases(PROCESS, [Saying(ORG_ID, unit, lease)])
        desks.settle(ORG_ID, Look(moment, real, {}, absences=True))

    def _help(self, act: str, crew: str) -> None:
        """A crew calls; the supervisor takes note of the first call, or ends it."""
        if act == "calls":
            login = f"{crew.partition('-')[0]}.crew{crew.partition('-')[2]}"
            with unit_of_work(self.acts.by(login)) as uow:
                help_calls.crew_calls(uow, unit_id(crew), EVERYTHING, None, (39.9, 116.4))
            return
        for one in query(lambda session: open_or_of(session, ORG_ID))[:1]:
            with unit_of_work(self.acts.by("supervisor")) as uow:
                if act == "noted":
                    help_calls.acknowledge(uow, one.id, EVERYTHING)
                else:
                    help_calls.end(uow, one.id, "helped", EVERYTHING)

    def _automatic(self, _order_id: UUID) -> None:
        automatic.sweep(now() + timedelta(minutes=2))

    def _sweep(self, _order_id: UUID) -> None:
        later = now() + timedelta(minutes=3)
        sla.sweep(later)
        escalation.sweep(later)
        planning.sweep(later)

        turn()  # reviews follow

    def _position(self, order_id: UUID) -> None:
        """A vehicle says where it is."""
        crew, at = CREWS[self.orders.index(order_id)], now()
        wanted = select(Device.id).join(Vehicle, Vehicle.id == Device.vehicle_id)
        own = wanted.where(Vehicle.crew_id == unit_id(crew))
        device = query(lambda session: session.scalars(own).one())
        pipeline.write(ORG_ID, [Fix(device, at, at, 39.9, 116.4)])

    def _quiet(self, _order_id: UUID) -> None:
        """None has sent for an hour, and is missed; the gateway has been there all the time. Their
        crews are told.
        """
        for moment in (now() - timedelta(days=1), now()):
            listening.say("here/1", "terminal", moment, real_now())
        silence.sweep(now() + timedelta(hours=1))
        wanted = select(SilenceNotice.id).where(SilenceNotice.state == "waiting")
        for notice_id in query(lambda session: session.scalars(wanted).all()):
            tell_of_silence(notice_id, ORG_ID, {})

    def _rule(self, order_id: UUID) -> None:
        """A supervisor gives the first breach of an order to the other centre."""
        found = query(lambda session: repository.reviews_of(session, ORG_ID, [order_id]))
        if found and found[0].withdrawn_at is None:
            moved = Ruling("reattributed", "属实", party="centre", unit=unit_id("west"))
            with unit_of_work(self.acts.by("supervisor")) as uow:
                reviews.rule(uow, found[0].id, moved)

    def _acknowledge(self, order_id: UUID) -> None:
        fired = [
            one.id
            for one in query(lambda session: timers_of(session, ORG_ID, [order_id]))
            if one.fired_at is not None
        ]
        if fired:
            with unit_of_work(self.acts.by("supervisor")) as uow:
                sla.acknowledge(uow, fired[0], uow.now)

    def _correct(self, order_id: UUID) -> None:
        with unit_of_work(self.acts.by("supervisor")) as uow:
            earlier = uow.now - timedelta(minutes=30)
            service.correct_stamp(
                uow, order_id, point="A", at=earlier, reason="test", assignment_id=None
            )

    def _reconnect(self, _order_id: UUID) -> None:
        """Screens that slept since their old state come back."""
        for reader in self.old:
            reader.check()

    def _prune(self, _order_id: UUID) -> None:
        with session_factory()() as session:
            live.prune(session, now())
            session.commit()

    def check(self) -> None:
        for reader in (*self.readers, *self.old):
            reader.check()


@settings(
    max_examples=examples(6),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
)
@given(STEPS)
def test_old_snapshot_and_deltas_make_a_fresh_snapshot(
    acts: Acts, steps: list[tuple[str, int, str]]
) -> None:
    play = Play(acts)
    for what, index, crew in steps:
        play.step(what, index, crew)
        play.readers[index].catch_up()  # the others sleep, and catch up many steps at once
    play.check()
    acts.put_all_away()
    for crew in CREWS:
        refused(acts.back, crew)
    play.check()
    assert not any(key.startswith("order") for one in play.readers for key in one.rows)


def test_many_orders_sent_to_one_crew_at_the_same_moment(acts: Acts) -> None:
    """The crew's row counts all of them, although no transaction saw the others begin."""
    readers = [Reader(topic) for topic in topics()]
    for reader in readers:
        reader.fetch()
    for _ in range(8):
        orders = [acts.file() for _ in range(4)]
        for order_id in orders:
            acts.order_act("release", order_id)
        gate = threading.Barrier(len(orders))

        def send(order_id: UUID, gate: threading.Barrier = gate) -> None:
            gate.wait()
            acts.order_act("dispatch", order_id)

        with ThreadPoolExecutor(len(orders)) as pool:
            list(pool.map(send, orders))
        for reader in readers:
            reader.check()
        acts.put_all_away()


def test_pruning_leaves_no_hole(acts: Acts) -> None:
    """A long transaction takes its number late: what was recorded later may be numbered before."""
    reader = Reader("board:all")
    reader.fetch()
    with unit_of_work(acts.by("agent"), now=now() + timedelta(minutes=1)) as uow:
        uow.touch("order", acts.file())
    acts.file()
    with session_factory()() as session:
        live.prune(session, now())
        session.commit()
    reader.check()
    assert reader.resyncs == 1
    reader.check()
    assert reader.resyncs == 1
    acts.put_all_away()
