"""A crew that does not take its order is written to and called; its keys do what its phone does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from api.verify import verify
from core.db import read_session, session_factory
from core.ids import new_id
from core.models import Event, Unit
from dashboards.board import order_rows
from dashboards.order_page import order_page
from dispatch.orders.models import Assignment, Stamp
from dispatch.outbound import crews
from dispatch.outbound.models import CrewReach
from dispatch.outbound.rules import CrewRules, Tried, next_step, rules
from dispatch.privacy.masking import mask_phone
from dispatch.roster.models import Member
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.message_models import Message
from telephony.models import Call
from telephony.purposes import Leg
from telephony.script import Gather, HangUp, Say, Script, Step
from tests.acts import Acts
from tests.office import ORG_ID, query
from tests.outbound.carrier import account, commands, ends, work

CREW = "west-2"
NUMBER = "+8613900139000"
OWN = rules().crew


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    account(monkeypatch)


@dataclass
class Case:
    """An order that was sent to a crew whose duty phone is known."""

    acts: Acts
    order: UUID = field(init=False)
    assignment: UUID = field(init=False)
    sent_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        with session_factory()() as session:
            session.execute(update(Member).values(phone=None))
            session.execute(update(Unit).values(phone=NUMBER).where(Unit.code == CREW))
            session.commit()
        self.order, self.assignment = self.acts.sent(CREW)
        row = self.acts.assignment(self.order)
        assert row.sent_at is not None
        self.sent_at = row.sent_at

    def after(self, seconds: float) -> None:
        crews.sweep(self.sent_at + timedelta(seconds=seconds))

    def messages(self) -> list[Message]:
        wanted = select(Message).where(Message.about_id == self.assignment)
        return list(query(lambda session: session.scalars(wanted).all()))

    def calls(self) -> list[CarrierCommand]:
        return commands("place_call", subject_id=self.assignment)

    def state(self) -> str:
        return query(lambda s: s.get_one(Assignment, (ORG_ID, self.assignment)).state)

    def reach(self) -> CrewReach:
        return query(lambda s: s.get_one(CrewReach, (ORG_ID, self.assignment)))

    def hears(self, name: str, digits: str = "", **more: str) -> Script:
        """The script that the crew's telephone gets."""
        leg = Leg(new_id(), new_id(), crews.OFFER, self.assignment, "CA1", "+8610", NUMBER)
        with work() as uow:
            return crews.offer(uow, leg, Step(name, digits, more))

    def whole(self) -> bool:
        with session_factory()() as session:
            return not list(verify(session, ORG_ID))

    def over(self) -> None:
        if self.state() in ("sent", "accepted", "active"):
            self.acts.crew_act("recall", self.assignment, CREW)


@pytest.fixture
def case(module_organisation: int) -> Iterator[Case]:
    made = Case(Acts(module_organisation))
    yield made
    made.over()
    made.after(10_000)


def words(script: Script) -> str:
    first = script[0]
    said = first.prompts[0] if isinstance(first, Gather) else first
    assert isinstance(said, Say)
    return said.text


def test_first_a_message_then_calls_then_the_desk_is_told(case: Case) -> None:
    case.after(59)
    assert (case.messages(), case.calls()) == ([], [])
    for seconds in (60, 62, 149):
        case.after(seconds)
    assert [one.template for one in case.messages()] == ["crew_order"]
    assert case.calls() == []
    for seconds in (150, 152, 269, 270, 390, 400):
        case.after(seconds)
    assert [one.to_number for one in case.calls()] == [NUMBER] * 3
    assert case.reach().ended_at is None
    case.after(510)
    assert case.reach().outcome == "unreached"
    case.after(1000)
    assert len(case.calls()) == 3
    with read_session() as session:
        ((_, row),) = order_rows(session, ORG_ID, [case.order], case.sent_at)
    assert row["assignment"]["called"] == {"calls": 3, "heard_at": None, "outcome": "unreached"}
    assert case.whole()


def test_what_waits_is_withdrawn_once_a_device_has_it_or_it_is_recalled(case: Case) -> None:
    case.after(150)
    (call,) = case.calls()
    (receipt,) = case.acts.receipts(case.order)[-1:]
    case.acts.confirm(receipt)
    case.after(160)
    assert [one.state for one in case.calls()] == ["cancelled"]
    case.acts.crew_act("recall", case.assignment, CREW)
    case.after(170)
    assert case.reach().outcome == "recalled"
    case.after(5000)
    assert [one.id for one in case.calls()] == [call.id]
    assert case.whole()


def test_a_device_that_has_it_gives_the_crew_more_time(case: Case) -> None:
    case.acts.confirm(case.acts.receipts(case.order)[-1])
    case.after(OWN.sms_unaccepted_s - 1)
    assert case.messages() == []
    case.after(OWN.sms_unaccepted_s)
    assert len(case.messages()) == 1
    case.after(OWN.call_unaccepted_s)
    assert len(case.calls()) == 1


def test_key_1_accepts_once_however_often_the_carrier_asks(case: Case) -> None:
    case.after(150)
    script = case.hears("answer")
    assert isinstance(script[0], Gather)
    assert "受理请按1" in words(script)
    first, again = case.hears("key1", "1"), case.hears("key1", "1")
    assert first == again
    assert "已受理" in words(first)
    assert isinstance(first[-1], HangUp)
    assert case.state() == "active"
    wanted = select(Stamp.point, Stamp.source).where(Stamp.assignment_id == case.assignment)
    stamps = query(lambda session: [tuple(row) for row in session.execute(wanted).all()])
    assert {("E", "voice"), ("F", "voice")} <= set(stamps)
    case.after(160)
    assert case.reach().outcome == "accepted"
    assert [one.state for one in case.calls()] == ["cancelled"]
    assert case.whole()


def test_key_2_gives_it_back_once(case: Case) -> None:
    case.after(150)
    for _ in range(2):
        assert "已退回" in words(case.hears("key1", "2"))
    assert case.state() == "returned"
    facts = select(Event).where(
        Event.stream_id == case.assignment, Event.type == "assignment.returned"
    )
    assert len(query(lambda session: session.scalars(facts).all())) == 1
    assert case.whole()


def test_key_3_says_it_again_and_no_key_is_asked_three_times(case: Case) -> None:
    case.after(150)
    offered = case.hears("answer")
    for _ in range(5):
        assert case.hears("key1", "3") == offered
    assert isinstance(case.hears("key1", "")[0], Gather)
    assert isinstance(case.hears("key2", "7")[0], Gather)
    end = case.hears("key3", "")
    assert "没有收到按键" in words(end)
    assert isinstance(end[-1], HangUp)
    assert case.state() == "sent"


def test_who_picks_up_hears_what_is_true_now(case: Case) -> None:
    case.after(150)
    case.acts.crew_act("recall", case.assignment, CREW)
    assert "已被召回" in words(case.hears("answer"))
    assert "已被召回" in words(case.hears("key1", "1"))
    assert case.state() == "recalled"


def test_a_mailbox_is_hung_up_on_and_called_again(case: Case) -> None:
    case.after(150)
    assert case.hears("answer", AnsweredBy="machine_start") == (HangUp(),)
    assert case.reach().heard_at is None
    case.after(270)
    assert len(case.calls()) == 2


def test_a_crew_without_any_number_is_told_to_the_desk_at_once(case: Case) -> None:
    with session_factory()() as session:
        session.execute(update(Unit).values(phone=None))
        session.commit()
    case.after(60)
    case.after(150)
    assert (case.messages(), case.calls()) == ([], [])
    assert case.reach().outcome == "unreached"


def rang(command: CarrierCommand, end_state: str) -> None:
    """The carrier has placed a call, and its telephone's part ended so."""
    ends(command, "done")
    told = {"org_id": ORG_ID, "carrier": "twilio", "carrier_call": f"CA{command.id.hex}"}
    with session_factory()() as session:
        call = Call(
            **told, id=new_id(), direction="outbound-api", from_number="+8610", to_number=NUMBER,
            state="opened", opened_at=command.created_at,
        )  # fmt: skip
        session.add(call)
        session.flush()
        session.add(
            CallLeg(
                **told, id=command.id, call_id=call.id, role="crew", purpose=crews.OFFER,
                subject_id=command.subject_id, state="ended", placed_at=command.created_at,
                ended_at=command.created_at, end_state=end_state,
            )
        )  # fmt: skip
        session.commit()


def test_the_order_page_says_what_became_of_each_message_and_call(case: Case) -> None:
    case.after(60)
    (message,) = case.messages()
    ends(commands("send_message", subject_id=message.id)[0], "failed", "21614")
    case.after(150)
    rang(case.calls()[0], "no-answer")
    case.after(270)
    ends(case.calls()[1], "failed", "20003")
    case.after(390)
    with read_session() as session:
        found = order_page(session, ORG_ID, case.order, case.sent_at)["outgoing"]
    assert [(one["channel"], one["template"], one["state"], one["code"]) for one in found] == [
        ("sms", "crew_order", "failed", "21614"),
        ("voice", "crew_offer", "no_answer", None),
        ("voice", "crew_offer", "failed", "20003"),
        ("voice", "crew_offer", "queued", None),
    ]
    assert {one["number"] for one in found} == {mask_phone(NUMBER)}


@given(st.floats(0, 5000), st.booleans(), st.integers(0, 5), st.floats(0, 1000), st.booleans())
def test_steps_never_come_early_and_calls_never_too_often(
    age: float, told: bool, calls: int, since: float, confirmed: bool
) -> None:
    own = CrewRules(60, 150, 240, 420, 3, 120, 25, "other")
    step = next_step(own, age, Tried(told, calls, since), confirmed=confirmed)
    if confirmed:
        assert age >= 240 or step is None
        assert age >= 420 or step != "call"
    if step == "sms":
        assert not told
    if step == "call":
        assert calls < 3
        assert age >= 150
        assert calls == 0 or since >= 120
    if step == "give_up":
        assert calls >= 3
