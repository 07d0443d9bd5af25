"""Messages are asked for once, followed to their end, and not sent to who wants none."""

from datetime import datetime, timedelta
from threading import Thread
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from api.verify import verify
from core.clock import now, real_now
from core.db import session_factory
from core.identity import system_actor
from core.ids import new_id
from core.models import Event
from core.uow import unit_of_work
from telephony import message_repository as repository
from telephony import messages
from telephony.message_models import Message
from telephony.messages import NewMessage
from tests.office import ORG_ID, query
from tests.outbound.carrier import account, commands, ends, message, work

NUMBER = "+8613800138000"
NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
MIDNIGHT = datetime(2026, 3, 2, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai"))

pytestmark = pytest.mark.usefixtures("module_organisation")


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    account(monkeypatch)


def new(number: str = NUMBER, **changes: object) -> NewMessage:
    values = {"number": "G1", "time": "14:00"}
    given = {"template": "delay", "about": "order", "about_id": new_id(), "values": values}
    return NewMessage(to_number=number, **{**given, **changes})  # type: ignore[arg-type]


def sent(asked: NewMessage, at: datetime = NOON) -> UUID:
    with unit_of_work(system_actor(ORG_ID, "test"), now=at) as uow:
        id_ = messages.send(uow, asked)
    assert id_ is not None
    return id_


def says(id_: UUID, status: str, code: str | None = None) -> bool:
    return messages.delivered(
        id_, status, carrier="twilio", carrier_message="SM1", at=now(), error_code=code
    )


def state(id_: UUID) -> tuple[str, str | None]:
    row = message(id_)
    return row.state, row.code


def whole() -> bool:
    with session_factory()() as session:
        return not [one for one in verify(session, ORG_ID) if "message" in one]


def test_a_message_is_a_command_with_the_words_in_the_receivers_language() -> None:
    with work() as uow:
        repository.set_language(uow.session, ORG_ID, "+14155550100", "en", uow.now)
    zh, en = sent(new()), sent(new("+14155550100"))
    (first,) = commands(subject_id=zh)
    (second,) = commands(subject_id=en)
    assert (first.to_number, first.from_number) == (NUMBER, "+861012345678")
    assert first.params["text"].startswith("您的报修G1预计14:00")
    assert second.params["text"].startswith("Your repair order G1")
    assert second.params["values"] == ["G1", "14:00"]
    assert (message(zh).language, message(en).language) == ("zh-CN", "en")
    assert message(zh).segments == 1


def test_what_is_said_once_is_asked_for_once_also_by_two_at_the_same_time() -> None:
    asked, found = new(key="delay:1"), []

    def ask() -> None:
        with work() as uow:
            found.append(messages.send(uow, asked))

    threads = [Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (id_,) = [one for one in found if one is not None]
    assert len(commands(subject_id=id_)) == 1


def test_reports_move_it_forward_and_never_back() -> None:
    id_ = sent(new())
    (command,) = commands(subject_id=id_)
    ends(command, "done")
    assert state(id_) == ("accepted", None)
    assert says(id_, "delivered")
    assert not says(id_, "sent")
    assert not says(id_, "delivered")
    ends(command, "done")  # the fact is handed out again
    assert state(id_) == ("delivered", None)
    assert message(id_).sent_at is not None
    facts = select(func.count()).select_from(Event).where(Event.stream_id == id_)
    assert query(lambda session: session.execute(facts).scalar_one()) == 3
    assert whole()


def test_a_report_may_be_faster_than_the_dialler() -> None:
    id_ = sent(new())
    (command,) = commands(subject_id=id_)
    assert says(id_, "sent")
    ends(command, "done")
    assert state(id_) == ("sent", None)


def test_the_carriers_number_says_why_it_was_not_delivered() -> None:
    id_ = sent(new())
    assert says(id_, "undelivered", "30003")
    assert state(id_) == ("undelivered", "30003")


def test_a_command_that_failed_fails_its_message() -> None:
    refused, unsure, late = (sent(new()) for _ in range(3))
    for id_, how, why in (
        (refused, "failed", "21211"),
        (unsure, "failed", "unsure"),
        (late, "expired", None),
    ):
        (command,) = commands(subject_id=id_)
        ends(command, how, why)
    assert state(refused) == ("failed", "21211")
    assert state(unsure) == ("unknown", "unsure")
    assert state(late) == ("cancelled", "expired")
    assert says(unsure, "delivered")
    assert state(unsure) == ("delivered", None)
    assert whole()


def test_a_word_that_no_carrier_has_and_a_message_that_nobody_knows_change_nothing() -> None:
    id_ = sent(new())
    assert not says(id_, "receiving")
    assert not says(new_id(), "delivered")
    assert state(id_) == ("queued", None)


def test_who_stopped_notices_gets_none_but_answers_to_own_orders_and_warnings() -> None:
    number = "+8613800138001"
    waiting = sent(new(number, template="outage", values={"area": "景山", "time": "15:00"}))
    with work() as uow:
        answer = messages.heard_keyword(uow, number, "stop")
    assert "退订" in answer
    assert state(waiting) == ("cancelled", "stopped")
    assert [one.state for one in commands(subject_id=waiting)] == ["cancelled"]
    again = sent(new(number, template="restored", values={"area": "景山"}))
    assert state(again) == ("refused", "stopped")
    assert not commands(subject_id=again)
    danger = sent(new(number, template="danger", values={"area": "景山"}))
    own = sent(new(number))
    assert [state(one)[0] for one in (danger, own)] == ["queued", "queued"]
    with work() as uow:
        messages.heard_keyword(uow, number, "start")
    back = sent(new(number, template="restored", values={"area": "景山"}))
    assert state(back) == ("queued", None)
    assert whole()


def test_an_agent_sees_a_stop_and_undoes_it() -> None:
    number = "+8613800138002"
    with work() as uow:
        messages.suppress(uow, number, ["notice"], "agent")
        messages.suppress(uow, number, ["notice"], "agent")
    rows = query(lambda session: repository.suppressions(session, ORG_ID, 100))
    (mine,) = [one for one in rows if one.number == number]
    for _ in range(2):
        with work() as uow:
            messages.lift(uow, mine.id)
    rows = query(lambda session: repository.suppressions(session, ORG_ID, 100))
    assert not [one for one in rows if one.number == number]


@pytest.mark.parametrize(
    ("words", "meant"),
    [("T", "stop"), ("ＳＴＯＰ", "stop"), ("ＴＤ！", "stop"), ("　恢复．", "start"),
     ("  退订。", "stop"), ("STOP", "stop"), ("Start", "start"), ("恢复", "start"),
     ("停电了，请退订之前的报修", None), ("t1", None)],
)  # fmt: skip
def test_a_word_alone_stops_and_a_sentence_does_not(words: str, meant: str | None) -> None:
    assert messages.keyword(words) == meant


def test_the_night_is_left_alone_unless_it_is_urgent() -> None:
    asked = {one: sent(new(urgent=one == "urgent"), MIDNIGHT) for one in ("later", "urgent")}
    safety = sent(new(template="danger", values={"area": "景山"}), MIDNIGHT)
    due = {id_: commands(subject_id=id_)[0].due_at for id_ in (*asked.values(), safety)}
    soon = real_now() + timedelta(minutes=5)
    assert due[asked["urgent"]] < soon
    assert due[safety] < soon
    assert due[asked["later"]] > soon


def test_a_number_that_is_none_is_refused() -> None:
    assert state(sent(new("010-12345"))) == ("refused", "bad_number")


def test_no_fact_holds_a_number_or_a_word() -> None:
    id_ = sent(new())
    facts = query(
        lambda session: session.scalars(select(Event).where(Event.stream_id == id_)).all()
    )
    assert facts
    assert not [one for one in facts if NUMBER in str(one.payload) or "报修" in str(one.payload)]


def test_without_an_account_nothing_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert query(lambda session: messages.set_up(session, ORG_ID))
    monkeypatch.delenv("PAIDAN_TWILIO_ACCOUNT_SID")
    messages.settings.cache_clear()
    assert not query(lambda session: messages.set_up(session, ORG_ID))
    id_ = sent(new())
    assert state(id_) == ("refused", "not_set_up")
    assert not commands(subject_id=id_)


def test_number_and_words_can_be_erased() -> None:
    id_ = sent(new())
    with session_factory()() as session:
        row = session.get_one(Message, (ORG_ID, id_))
        row.to_number, row.words, row.values = None, None, None
        session.commit()
    assert says(id_, "delivered")
    assert whole()
