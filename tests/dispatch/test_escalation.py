"""An order that nobody accepts: told step by step, until somebody takes note or accepts it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from api.verify import verify
from core import events as ev
from core.clock import now
from core.db import read_session, session_factory
from core.eventlog import read_stream
from core.events import Payload
from core.models import Outbox
from core.uow import unit_of_work
from dispatch.desks import repository as desks
from dispatch.desks.models import Desk
from dispatch.desks.rules import DeskState
from dispatch.escalation import service as escalation
from dispatch.notices import jobs
from dispatch.notices.models import Notice
from dispatch.orders.models import Stamp
from dispatch.roster.models import Member, Shift
from sla import service as sla
from sla.models import SlaLadder, SlaTimer
from tests.acts import Acts
from tests.office import query

ALARM = "not_accepted_centre"


@dataclass
class Case:
    """One released order whose alarm has rung; `began` is when."""

    acts: Acts
    order: UUID = field(init=False)
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.order = self.acts.file()
        self.acts.order_act("release", self.order)
        wanted = select(Stamp.at).where(Stamp.order_id == self.order, Stamp.point == "B")
        released = query(lambda session: session.scalars(wanted).one())
        self.began = released + timedelta(seconds=241)
        sla.sweep(self.began)

    def after(self, seconds: float) -> int:
        return escalation.sweep(self.began + timedelta(seconds=seconds))

    def notices(self) -> list[Notice]:
        wanted = select(Notice).where(Notice.case_id == self.order, Notice.code == ALARM)
        order = (Notice.step, Notice.channel)
        return query(lambda session: list(session.scalars(wanted.order_by(*order))))

    def told(self) -> list[tuple[int | None, str, str]]:
        return [(one.step, one.channel, one.state) for one in self.notices()]

    def ladder(self) -> SlaLadder:
        wanted = select(SlaLadder).join(
            SlaTimer, (SlaTimer.id == SlaLadder.timer_id) & (SlaTimer.code == ALARM)
        )
        return query(
            lambda session: session.scalars(wanted.where(SlaLadder.case_id == self.order)).one()
        )

    def facts(self, kind: type[Payload]) -> list[Payload]:
        with read_session() as session:
            stream = read_stream(session, self.acts.org_id, "sla", self.order)
        return [one.payload for one in stream if isinstance(one.payload, kind)]

    def steps(self) -> list[ev.SlaStepTaken]:
        """Of the alarm's ladder; the promise of an order that waits long has one of its own."""
        mine = self.ladder().id
        found = self.facts(ev.SlaStepTaken)
        return [one for one in found if isinstance(one, ev.SlaStepTaken) and one.ladder_id == mine]

    def acknowledge(self) -> None:
        wanted = select(SlaTimer.id).where(SlaTimer.case_id == self.order, SlaTimer.code == ALARM)
        timer = query(lambda session: session.scalars(wanted).one())
        with unit_of_work(self.acts.by("lead")) as uow:
            sla.acknowledge(uow, timer, uow.now)


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    return Acts(module_organisation)


@pytest.fixture
def everybody(acts: Acts) -> None:
    """A roster that says nothing: everybody counts as on duty."""
    with session_factory()() as session:
        session.execute(delete(Shift))
        session.commit()


@pytest.fixture
def case(acts: Acts, everybody: None) -> Iterator[Case]:
    made = Case(acts)
    yield made
    acts.put_away(made.order)


def test_the_sender_sees_and_hears_it_at_once_and_the_desk_is_telephoned(case: Case) -> None:
    assert case.after(0) == 2
    assert case.told() == [(1, "screen", "sent"), (1, "sound", "sent"), (2, "voice", "waiting")]
    assert [one.recipient for one in case.steps()] == ["sender", "receiver"]
    assert case.steps()[0].unit_id == case.acts.unit("hotline")
    assert case.steps()[1].unit_id == case.acts.unit("east")
    assert case.after(119) == 0
    with read_session() as session:
        jobs_of = session.scalars(select(Outbox.name).where(Outbox.kind == "job")).all()
    assert set(jobs_of) == {"notice.send"}


def test_leaders_and_the_supervisor_follow_with_their_delays(case: Case) -> None:
    case.after(0)
    case.after(120)
    assert [one.recipient for one in case.steps()][2:] == ["leader_1"]
    case.after(240)
    case.after(360)
    assert [one.recipient for one in case.steps()][3:] == ["leader_2", "supervisor"]
    assert not any(one.instead or one.nobody for one in case.steps())
    assert case.ladder().due_at is None
    assert case.ladder().ended_at is None
    assert case.after(10_000) == 0 or len(case.steps()) == 5
    ranks = select(Member.leader_rank).where(
        Member.id.in_([one.member_id for one in case.steps()[2:4]])
    )
    assert sorted(query(lambda session: list(session.scalars(ranks)))) == [1, 2]


def test_whoever_takes_note_ends_it(case: Case) -> None:
    case.after(0)
    case.acknowledge()
    assert case.ladder().cause == "acknowledged"
    before = case.steps()
    case.after(10_000)
    assert case.steps() == before
    assert [one.cause for one in case.facts(ev.SlaLadderEnded)] == ["acknowledged"]


def test_the_acceptance_ends_it_and_what_was_not_sent_is_not(case: Case) -> None:
    case.after(0)
    case.acts.order_act("accept", case.order)
    assert case.ladder().cause == "reached"
    (voice,) = [one for one in case.notices() if one.channel == "voice"]
    jobs.send(voice.id, case.acts.org_id, {})
    assert case.told()[2] == (2, "voice", "cancelled")


def test_an_alarm_that_nobody_heard_of_ends_without_a_trace(case: Case) -> None:
    case.acts.order_act("accept", case.order)
    wanted = select(SlaLadder).where(SlaLadder.case_id == case.order)
    assert query(lambda session: list(session.scalars(wanted))) == []
    assert case.facts(ev.SlaLadderEnded) == []


def test_a_channel_that_is_not_set_up_says_so(case: Case) -> None:
    case.after(0)
    (voice,) = [one for one in case.notices() if one.channel == "voice"]
    for _ in range(2):  # a worker may get it twice
        jobs.send(voice.id, case.acts.org_id, {})
    assert case.told()[2] == (2, "voice", "unavailable")
    done = query(lambda session: session.get_one(Outbox, (case.acts.org_id, voice.id)).done_at)
    assert done is not None
    ended = [one for one in case.facts(ev.SlaNoticeEnded) if one.channel == "voice"]
    assert [(one.result, one.reason, one.tries) for one in ended] == [
        ("unavailable", "not_set_up", 1)
    ]


def test_one_that_cannot_be_served_holds_up_no_other(
    acts: Acts, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Case(acts)
    climb = escalation._climb

    def fails(uow: Any, due: Any, *rest: Any) -> int:
        if due.row.case_id == other.order:
            raise ValueError("planted")
        return climb(uow, due, *rest)

    monkeypatch.setattr(escalation, "_climb", fails)
    other.after(0)
    assert len(case.steps()) == 2
    assert other.ladder().due_at == other.began + timedelta(seconds=30)
    monkeypatch.undo()
    other.after(30)
    assert len(other.steps()) == 2
    acts.put_away(other.order)


def test_many_sweeps_take_each_step_once(case: Case) -> None:
    assert [case.after(0), case.after(0), case.after(0)] == [2, 0, 0]
    assert len(case.notices()) == 3


def on_shift(unit: UUID, member: UUID | None, begins: datetime, hours: int = 12) -> None:
    with session_factory()() as session:
        session.add(
            Shift(
                org_id=1,
                id=UUID(int=begins.microsecond * 1000 + hours + (member or unit).int % 10**9),
                unit_id=unit,
                member_id=member,
                kind="day",
                starts_at=begins,
                ends_at=begins + timedelta(hours=hours),
            )
        )
        session.commit()


def leader(acts: Acts, rank: int) -> UUID:
    wanted = select(Member.id).where(
        Member.unit_id == acts.unit("east"), Member.leader_rank == rank
    )
    return query(lambda session: session.scalars(wanted).one())


def test_who_is_off_duty_is_left_alone(acts: Acts, everybody: None) -> None:
    east, began = acts.unit("east"), now() - timedelta(hours=1)
    on_shift(east, leader(acts, 2), began)
    case = Case(acts)
    for seconds in (0, 120, 240):
        case.after(seconds)
    told = {one.recipient: one for one in case.steps()}
    assert told["receiver"].member_id == leader(acts, 2)
    assert (told["leader_1"].member_id, told["leader_1"].nobody) == (None, True)
    assert told["leader_2"].member_id == leader(acts, 2)
    acts.put_away(case.order)


def test_where_nobody_is_on_duty_the_next_step_comes_at_once(acts: Acts, everybody: None) -> None:
    east = acts.unit("east")
    on_shift(east, None, now() - timedelta(hours=20), hours=2)
    on_shift(east, None, now() + timedelta(hours=20), hours=2)
    case = Case(acts)
    case.after(0)
    steps = case.steps()
    assert [(one.recipient, one.nobody) for one in steps] == [
        ("sender", False),
        ("receiver", True),
        ("leader_1", True),
        ("leader_2", True),
        ("supervisor", False),
    ]
    assert case.after(359) == 0
    acts.put_away(case.order)


def test_a_desk_that_nobody_sits_at_is_no_way_to_tell_anybody(case: Case) -> None:
    hotline = case.acts.unit("hotline")
    with unit_of_work(case.acts.by("lead")) as uow:
        state = DeskState(is_open=False, since=uow.now, cause="left", on_duty=True)
        desks.save(uow.session, uow.org_id, hotline, state)
    case.after(0)
    assert case.told()[0] == (1, "screen", "failed")
    assert case.notices()[0].reason == "desk_closed"
    with session_factory()() as session:
        session.execute(update(Desk).where(Desk.id == hotline).values(is_open=True))
        session.commit()


def test_the_facts_say_the_same_as_the_rows(acts: Acts, case: Case) -> None:
    case.after(0)
    case.after(120)
    with read_session() as session:
        findings = [one for one in verify(session, acts.org_id) if "sla" in one]
    assert findings == []
    with session_factory()() as session:
        row = session.get_one(SlaLadder, (acts.org_id, case.ladder().id))
        row.steps += 1
        session.commit()
    with read_session() as session:
        findings = [one for one in verify(session, acts.org_id) if "sla ladder" in one]
    assert len(findings) == 1
    with session_factory()() as session:
        row = session.get_one(SlaLadder, (acts.org_id, case.ladder().id))
        row.steps -= 1
        session.commit()
