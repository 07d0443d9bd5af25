"""Notices of ladders by short message and by call go through the carrier, each once."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from api.verify import verify
from core.clock import now
from core.db import session_factory
from core.ids import new_id
from core.models import Unit
from dashboards.escalations import escalations
from dispatch.notices import carried, jobs
from dispatch.notices.models import Notice
from dispatch.roster.models import Member
from sla.models import SlaTimer
from telephony import messages
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.message_models import Message
from telephony.models import Call
from telephony.purposes import Leg
from telephony.script import Gather, HangUp, Say, Script, Step
from tests.acts import Acts
from tests.dispatch.test_notices import asked, ladder, now_is, outbox_of
from tests.office import ORG_ID, query
from tests.outbound.carrier import account, commands, ends, work

PHONE = "+8613900139007"


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    with session_factory()() as session:
        session.execute(update(Unit).values(phone=PHONE))
        session.execute(update(Member).values(phone=PHONE))
        session.commit()
    return Acts(module_organisation)


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    account(monkeypatch)


def given(acts: Acts, channel: str) -> Notice:
    """A notice that the worker has given to the carrier; the job runs twice."""
    notice = asked(acts, channel)
    for _ in range(2):
        jobs.send(notice.id, notice.org_id, {})
    return notice


def command(notice: Notice, kind: str) -> CarrierCommand:
    if kind == "place_call":
        (only,) = commands(kind, subject_id=notice.id)
        return only
    mine = query(lambda s: s.query(Message).where(Message.about_id == notice.id).one())
    (only,) = commands(kind, subject_id=mine.id)
    return only


def hears(notice: Notice, name: str, digits: str = "", **more: str) -> Script:
    leg = Leg(new_id(), new_id(), carried.PURPOSE, notice.id, "CA1", "+8610", PHONE)
    with work() as uow:
        return carried.answer(uow, leg, Step(name, digits, more))


def words(script: Script) -> str:
    first = script[0]
    said = first.prompts[0] if isinstance(first, Gather) else first
    assert isinstance(said, Say)
    return said.text


def whole() -> bool:
    with session_factory()() as session:
        return not list(verify(session, ORG_ID))


def looked(notice: Notice) -> tuple[str, str | None]:
    carried.sweep(now())
    row = now_is(notice)
    return row.state, row.reason


def called(notice: Notice, state: str, end_state: str | None = None) -> None:
    """The carrier tells of the leg of a call that was placed."""
    placed = command(notice, "place_call")
    call_id = new_id()
    at = now()
    with session_factory()() as session:
        values = {"carrier": "twilio", "direction": "outbound-api", "to_number": PHONE}
        session.add(
            Call(
                org_id=ORG_ID, id=call_id, carrier_call=f"CA{call_id.hex}", from_number="+8610",
                state="opened", opened_at=at, **values,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            CallLeg(
                org_id=ORG_ID, id=placed.id, call_id=call_id, role="crew", purpose="notice",
                subject_id=notice.id, carrier="twilio", carrier_call=f"CA{call_id.hex}",
                state=state, placed_at=at, end_state=end_state,
                ended_at=at if state == "ended" else None,
            )
        )  # fmt: skip
        session.commit()


def test_a_short_message_is_asked_for_once_and_sent_when_the_carrier_has_it(acts: Acts) -> None:
    notice = given(acts, "sms")
    assert (now_is(notice).state, now_is(notice).tries) == ("sending", 1)
    assert outbox_of(notice).done_at is not None
    asked_for = command(notice, "send_message")
    assert asked_for.to_number == PHONE
    assert "未受理" in asked_for.params["text"]
    assert looked(notice) == ("sending", None)
    ends(asked_for, "done")
    assert looked(notice) == ("sent", None)
    assert looked(notice) == ("sent", None)
    assert whole()


def test_what_the_carrier_refuses_is_a_failure_with_its_number(acts: Acts) -> None:
    notice = given(acts, "sms")
    ends(command(notice, "send_message"), "failed", "21211")
    assert looked(notice) == ("failed", "21211")
    assert whole()


def test_the_ladder_shows_what_became_of_the_message(acts: Acts) -> None:
    notice = given(acts, "sms")
    mine = command(notice, "send_message")
    ends(mine, "done")
    carried.sweep(now())
    assert mine.subject_id is not None
    messages.delivered(
        mine.subject_id, "undelivered", carrier="twilio", carrier_message="SM1", at=now(),
        error_code="30003",
    )  # fmt: skip
    with session_factory()() as session:
        rows = escalations(session, ORG_ID, notice.case_id)
    (shown,) = [
        one
        for row in rows
        for step in row["steps"]
        for one in step["notices"]
        if one["id"] == str(notice.id)
    ]
    assert (shown["delivery"], shown["delivery_code"]) == ("undelivered", "30003")


def test_a_call_says_it_and_one_takes_note_of_the_alert(acts: Acts) -> None:
    notice = given(acts, "voice")
    assert command(notice, "place_call").to_number == PHONE
    first = hears(notice, "answered")
    assert "未受理" in words(first)
    assert "请按1" in words(first)
    assert now_is(notice).state == "sent"
    assert "未受理" in words(hears(notice, "key1", "3"))
    assert words(hears(notice, "key1", "1")) == "已确认。"
    hears(notice, "key1", "1")  # the carrier may repeat it
    assert now_is(notice).state == "answered"
    assert ladder(notice.ladder_id).cause == "acknowledged"
    timer = query(lambda s: s.get_one(SlaTimer, (ORG_ID, notice.timer_id)))
    assert timer.acknowledged_at is not None
    assert whole()


def test_without_a_key_it_is_said_three_times_and_the_ladder_climbs_on(acts: Acts) -> None:
    notice = given(acts, "voice")
    hears(notice, "answered")
    assert [words(hears(notice, f"key{turn}", "")) for turn in (1, 2)]
    assert hears(notice, "key3", "") == (HangUp(),)
    assert now_is(notice).state == "sent"
    assert ladder(notice.ladder_id).ended_at is None


@pytest.mark.parametrize(
    ("end_state", "reason"),
    [("no-answer", "no_answer"), ("busy", "busy"), ("completed", "no_answer")],
)
def test_a_call_that_nobody_hears_has_failed(acts: Acts, end_state: str, reason: str) -> None:
    notice = given(acts, "voice")
    assert looked(notice) == ("sending", None)
    ends(command(notice, "place_call"), "done")
    called(notice, "ringing")
    assert looked(notice) == ("sending", None)
    with session_factory()() as session:
        mine = update(CallLeg).where(CallLeg.subject_id == notice.id)
        session.execute(mine.values(state="ended", end_state=end_state, ended_at=now()))
        session.commit()
    assert hears(notice, "answered", AnsweredBy="machine_start") == (HangUp(),)
    assert looked(notice) == ("failed", reason)


def test_a_call_that_could_not_be_placed_has_failed(acts: Acts) -> None:
    notice = given(acts, "voice")
    ends(command(notice, "place_call"), "expired", "expired")
    assert looked(notice) == ("failed", "expired")
    late = given(acts, "voice")
    ends(command(late, "place_call"), "done")
    carried.sweep(now() + timedelta(minutes=11))
    assert now_is(late).reason == "no_answer"


def test_nobody_s_number_is_said(acts: Acts) -> None:
    with session_factory()() as session:
        session.execute(update(Member).values(phone=None))
        session.execute(update(Unit).values(phone=None))
        session.commit()
    notice = given(acts, "sms")
    assert (now_is(notice).state, now_is(notice).reason) == ("failed", "no_number")
    with session_factory()() as session:
        session.execute(update(Unit).values(phone=PHONE))
        session.execute(update(Member).values(phone=PHONE))
        session.commit()


def test_without_a_carrier_it_is_unavailable_as_before(
    acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAIDAN_TWILIO_ACCOUNT_SID")
    messages.settings.cache_clear()
    notice = given(acts, "sms")
    assert (now_is(notice).state, now_is(notice).reason) == ("unavailable", "not_set_up")


def test_a_message_that_is_not_ours_ends_no_notice() -> None:
    with session_factory()() as session:
        assert carried.written(session, ORG_ID, carried.PURPOSE, UUID(int=0)) is None
