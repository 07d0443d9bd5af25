"""The customer is told first: of a delay before the promise breaks, and that the crew is coming."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Thread
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from core.db import read_session, session_factory
from dashboards.order_page import order_page
from dispatch.orders.models import Assignment, Order
from dispatch.outbound import customers
from dispatch.outbound.rules import Said, clock_words, news
from sla.models import SlaForecast
from telephony import message_repository as repository
from telephony import messages
from telephony.message_models import Message
from tests.acts import Acts
from tests.office import ORG_ID, query
from tests.outbound.carrier import account, commands, message, work

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
QUARTER = timedelta(minutes=15)
_phones = iter(range(10_000_000, 99_999_999))


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    account(monkeypatch)


@pytest.fixture
def case(module_organisation: int) -> Iterator["Case"]:
    made = Case(Acts(module_organisation))
    yield made
    made.over()


@dataclass
class Case:
    """An order with a crew; its forecast is what the test says."""

    acts: Acts
    phone: str = field(default_factory=lambda: f"+86138{next(_phones)}")
    order: UUID = field(init=False)
    assignment: UUID = field(init=False)

    def __post_init__(self) -> None:
        ticket = self.acts.ticket(caller_phone=self.phone)
        self.order = self.acts.file(ticket)
        self.acts.order_act("release", self.order, "west")
        self.acts.order_act("dispatch", self.order, "west")
        wanted = select(Assignment.id).where(Assignment.order_id == self.order)
        self.assignment = query(lambda session: session.scalars(wanted).one())

    def foresees(self, expected_at: datetime | None, *, standing: bool = True) -> None:
        with session_factory()() as session:
            mine = update(SlaForecast).where(SlaForecast.id == self.order)
            session.execute(mine.values(standing=standing, expected_at=expected_at))
            session.commit()

    def departs(self, at: datetime) -> None:
        self.acts.crew_act("accept", self.assignment, "west-1")
        self.acts.crew_act("depart", self.assignment, "west-1")
        with session_factory()() as session:
            mine = update(Assignment).where(Assignment.id == self.assignment)
            session.execute(mine.values(departed_at=at))
            session.commit()

    def told(self) -> list[Message]:
        wanted = select(Message).where(Message.about_id == self.order).order_by(Message.asked_at)
        return list(query(lambda session: session.scalars(wanted).all()))

    def words(self) -> list[str]:
        return [one.words or "" for one in self.told()]

    def over(self) -> None:
        """Its crew is free for the next test."""
        state = query(lambda s: s.get_one(Assignment, (ORG_ID, self.assignment)).state)
        if state in ("sent", "accepted", "active", "departed", "arrived"):
            self.acts.crew_act("recall", self.assignment, "west-1")
        self.foresees(None, standing=False)


def test_a_delay_is_told_once_with_the_new_time(case: Case) -> None:
    case.foresees(NOON + timedelta(minutes=95))
    for _ in range(3):
        customers.sweep(NOON)
    number = query(lambda session: session.get_one(Order, (ORG_ID, case.order)).number)
    (words,) = case.words()
    assert f"您的报修{number}预计13:35到达" in words
    (command,) = commands(subject_id=case.told()[0].id)
    assert command.to_number == case.phone


def test_it_is_told_again_only_when_the_time_has_moved_enough(case: Case) -> None:
    case.foresees(NOON + timedelta(minutes=60))
    customers.sweep(NOON)
    case.foresees(NOON + timedelta(minutes=75))
    customers.sweep(NOON + timedelta(seconds=10))
    assert len(case.told()) == 1
    case.foresees(NOON + timedelta(minutes=76))
    customers.sweep(NOON + timedelta(seconds=20))
    assert ["13:00" in case.words()[0], "13:16" in case.words()[1]] == [True, True]


def test_a_delay_without_a_time_promises_none(case: Case) -> None:
    case.foresees(None)
    customers.sweep(NOON)
    assert [one.template for one in case.told()] == ["delay_open"]
    case.foresees(NOON + timedelta(minutes=40))
    customers.sweep(NOON + timedelta(seconds=10))
    assert [one.template for one in case.told()] == ["delay_open", "delay"]


def test_the_customer_hears_that_the_crew_is_coming_in_their_language(case: Case) -> None:
    with work() as uow:
        repository.set_language(uow.session, ORG_ID, case.phone, "en", uow.now)
    case.foresees(NOON + timedelta(minutes=25), standing=False)
    case.departs(NOON)
    for _ in range(2):
        customers.sweep(NOON)
    (words,) = case.words()
    assert "is on the way, expected at 12:25" in words
    assert [one.template for one in case.told()] == ["on_the_way"]


def test_who_is_told_that_the_crew_comes_is_not_told_of_a_delay_as_well(case: Case) -> None:
    case.foresees(NOON + timedelta(minutes=25))
    case.departs(NOON)
    customers.sweep(NOON)
    assert [one.template for one in case.told()] == ["on_the_way"]


def test_nobody_is_told_once_the_crew_is_there(case: Case) -> None:
    case.departs(NOON)
    case.acts.crew_act("arrive", case.assignment, "west-1")
    case.foresees(NOON + timedelta(minutes=25))
    customers.sweep(NOON)
    assert case.told() == []


def test_at_night_the_urgent_is_told_and_the_rest_in_the_morning(case: Case) -> None:
    night = NOON.replace(hour=23)
    case.foresees(night + timedelta(hours=1))
    customers.sweep(night)
    assert case.told() == []
    with session_factory()() as session:
        session.execute(update(Order).where(Order.id == case.order).values(urgency=2))
        session.commit()
    customers.sweep(night)
    assert len(case.told()) == 1
    assert "03-03 00:00" in case.words()[0]


def test_two_engines_at_once_tell_it_once(case: Case) -> None:
    case.foresees(NOON + timedelta(minutes=25))
    threads = [Thread(target=customers.sweep, args=(NOON,)) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(case.told()) == 1


def test_the_order_page_shows_it_and_what_became_of_it(case: Case) -> None:
    case.foresees(NOON + timedelta(minutes=25))
    customers.sweep(NOON)
    (told,) = case.told()
    messages.delivered(told.id, "delivered", carrier="twilio", carrier_message="SM1", at=NOON)
    assert message(told.id).state == "delivered"
    with read_session() as session:
        page = order_page(session, ORG_ID, case.order, NOON)
    said = [(one["type"], one["detail"]) for one in page["history"] if "message" in one["type"]]
    assert [type_ for type_, _ in said] == ["message.asked", "message.moved"]
    assert said[0][1]["template"] == "delay"
    assert case.phone not in str(said)


def test_without_an_account_nobody_is_told(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIDAN_TWILIO_ACCOUNT_SID")
    messages.settings.cache_clear()
    case.foresees(NOON + timedelta(minutes=25))
    assert customers.sweep(NOON) == 0
    assert case.told() == []


def test_what_is_news() -> None:
    said = Said(NOON, NOON)
    assert news(None, None, QUARTER)
    assert not news(said, None, QUARTER)
    assert not news(said, NOON + QUARTER, QUARTER)
    assert news(said, NOON + QUARTER + timedelta(seconds=1), QUARTER)
    assert news(said, NOON - QUARTER - timedelta(seconds=1), QUARTER)
    assert news(Said(NOON, None), NOON, QUARTER)


def test_another_day_is_named() -> None:
    assert clock_words(NOON, NOON) == "12:00"
    assert clock_words(NOON + timedelta(days=1), NOON) == "03-03 12:00"
