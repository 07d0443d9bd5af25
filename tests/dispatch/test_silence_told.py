"""The crew of a silent device is told: on its page where that is open, else by a message."""

from datetime import datetime, timedelta
from itertools import pairwise
from time import sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api import jobs as rq_jobs
from core.clock import monotonic, now, real_now
from core.db import session_factory
from core.models import Event, Outbox, Unit
from dispatch.desks import repository as desks
from dispatch.desks.repository import Saying
from dispatch.desks.rules import Lease
from dispatch.notices.port import Message, NotSent
from dispatch.roster.models import Member
from dispatch.silence import jobs
from dispatch.silence import service as silence
from dispatch.silence.models import SilenceNotice
from dispatch.silence.rules import AGAIN, PATIENCE, SETTLED, Asked, Duty, next_attempt
from gps import listening
from gps.models import Device
from gps.quiet import LOOK_AGAIN
from tests.acts import Acts
from tests.dispatch.test_silence import Fleet, fleet
from tests.office import Office, query, unit_id

__all__ = ["fleet"]
CREW = "east-1"
PATIENCE_S = 60.0
NUMBER = "+8613812345678"


class Sms:
    """A carrier that remembers; raises what it is told to."""

    addresses = 1

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.got: list[Message] = []

    def send(self, message: Message, address: int) -> None:
        assert address == 0
        if self.failures:
            raise self.failures.pop(0)
        self.got.append(message)


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> Sms:
    sms = Sms()
    monkeypatch.setattr(jobs, "channel_called", lambda _name: sms)
    return sms


def notices(fleet: Fleet) -> list[SilenceNotice]:
    wanted = select(SilenceNotice).where(SilenceNotice.crew_id == unit_id(CREW))
    return list(
        query(lambda session: session.scalars(wanted.order_by(SilenceNotice.attempt)).all())
    )


def told(fleet: Fleet) -> list[tuple[str, int, str, str | None]]:
    return [(one.channel, one.attempt, one.state, one.reason) for one in notices(fleet)]


def row_says(fleet: Fleet) -> Any:
    (device,) = fleet.row(CREW)["silent_devices"]
    return device["told"]


def falls_silent(fleet: Fleet, *, numbers: bool = True) -> None:
    """The crew's vehicle sends until 300 s, and is looked at 100 s later."""
    with session_factory()() as session:
        phone = NUMBER if numbers else None
        session.execute(update(Member).values(phone=phone))
        session.execute(update(Unit).values(phone=None))
        session.commit()
    fleet.listens(-3600, 0)
    fleet.sends(CREW, 0, 300)
    silence.sweep(fleet.at(400))


def page(fleet: Fleet, *, is_open: bool) -> None:
    lease = Lease(fleet.began, real_now(), real_now() + timedelta(minutes=1))
    with session_factory()() as session:
        desks.drop_leases(session, fleet.org_id, unit_id(CREW), real_now() + timedelta(hours=1))
        if is_open:
            desks.say(session, uuid4(), [Saying(fleet.org_id, unit_id(CREW), lease)])
        session.commit()


def works(notice: SilenceNotice) -> None:
    rq_jobs.run_job(notice.id, notice.org_id, "notice.silence", {}, "test")


def test_a_page_that_is_open_says_it_and_nobody_gets_a_message(fleet: Fleet, carrier: Sms) -> None:
    page(fleet, is_open=True)
    falls_silent(fleet)
    assert told(fleet) == [("screen", 1, "sent", None)]
    assert (row_says(fleet)["channel"], row_says(fleet)["state"]) == ("screen", "sent")
    assert not carrier.got
    assert fleet.whole()


def test_without_a_page_a_message_goes_out_once_however_often_its_job_runs(
    fleet: Fleet, carrier: Sms
) -> None:
    falls_silent(fleet)
    assert told(fleet) == [("sms", 1, "waiting", None)]
    (notice,) = notices(fleet)
    row = query(lambda session: session.get_one(Outbox, (fleet.org_id, notice.id)))
    assert row.due_at > real_now() + PATIENCE - timedelta(minutes=1)  # not for a tunnel
    for _ in range(2):
        works(notice)
    (message,) = carrier.got
    assert message.phone == NUMBER
    assert message.code == "silence.terminal"
    assert "无信号" in message.text.zh
    assert "silent" in message.text.en
    assert told(fleet) == [("sms", 1, "sent", None)]
    assert row_says(fleet)["state"] == "sent"
    assert fleet.whole()


def test_it_is_said_again_twice_and_then_no_more(fleet: Fleet, carrier: Sms) -> None:
    falls_silent(fleet)
    for minutes in range(5, 180, 5):
        fleet.listens(400 + 60 * minutes - 10, 400 + 60 * minutes)
        silence.sweep(fleet.at(400 + 60 * minutes))
    assert [one.attempt for one in notices(fleet)] == [1, 2, 3]
    times = [one.asked_at for one in notices(fleet)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    for gap, wanted in zip(gaps, AGAIN, strict=True):
        assert wanted <= gap <= wanted + 2 * LOOK_AGAIN


def test_a_vehicle_that_was_heard_meanwhile_gets_no_message(fleet: Fleet, carrier: Sms) -> None:
    falls_silent(fleet)
    (notice,) = notices(fleet)
    fleet.sends(CREW, 410, 420)
    works(notice)
    assert told(fleet) == [("sms", 1, "cancelled", "heard")]
    assert not carrier.got
    assert fleet.whole()


def test_a_crew_that_went_away_meanwhile_gets_no_message(fleet: Fleet, carrier: Sms) -> None:
    falls_silent(fleet)
    acts = Acts(fleet.org_id)
    acts.one_trade()
    acts.away(CREW)
    (notice,) = notices(fleet)
    works(notice)
    assert told(fleet) == [("sms", 1, "cancelled", "off_duty")]
    assert not carrier.got


def test_a_carrier_that_fails_is_tried_four_times_and_then_it_is_said(
    fleet: Fleet, carrier: Sms
) -> None:
    falls_silent(fleet)
    carrier.failures = [NotSent("busy", again=True) for _ in range(9)]
    (notice,) = notices(fleet)
    for _ in range(6):
        works(notice)
    assert told(fleet) == [("sms", 1, "failed", "busy")]
    assert len(carrier.failures) == 5
    assert fleet.whole()


def test_where_no_carrier_is_set_up_that_is_recorded(fleet: Fleet) -> None:
    falls_silent(fleet)
    works(notices(fleet)[0])
    assert told(fleet) == [("sms", 1, "unavailable", "not_set_up")]


def test_a_crew_without_a_number_is_not_reached_and_that_is_recorded(
    fleet: Fleet, carrier: Sms
) -> None:
    falls_silent(fleet, numbers=False)
    assert told(fleet) == [("sms", 1, "failed", "no_number")]
    assert fleet.whole()


def test_a_phone_that_died_beside_a_terminal_is_told_once_to_whose_it_is(
    fleet: Fleet, carrier: Sms
) -> None:
    with session_factory()() as session:
        crew = select(Member).where(Member.unit_id == unit_id(CREW))
        owner = session.scalars(crew.order_by(Member.leader_rank.nulls_last(), Member.name)).all()[
            -1
        ]
        owner.user_id = Acts(fleet.org_id).by("east.crew1").user_id
        session.execute(
            update(Device)
            .where(Device.id == fleet.device(CREW))
            .values(kind="phone", protocol="app", user_id=owner.user_id)
        )
        whose = owner.id
        session.commit()
    listening.say("api/1", "phone", fleet.at(-3600), real_now())
    falls_silent(fleet)
    (notice,) = notices(fleet)
    assert notice.member_id == whose
    works(notice)
    assert carrier.got[0].code == "silence.phone"


NOW = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
DEVICE = UUID(int=1)


@given(st.lists(st.integers(1, 4000), max_size=60), st.booleans())
def test_however_often_it_is_looked_at_a_silence_is_told_three_times_at_most(
    strides: list[int], unknown: bool
) -> None:
    made: list[Asked] = []
    at = NOW
    for index, stride in enumerate(strides):
        at += timedelta(seconds=stride)
        number = next_attempt(made, at, fresh=index == 0, unknown=unknown)
        if number is not None:
            made.append(Asked(DEVICE, NOW, number, at))
    assert [one.attempt for one in made] == list(range(1, len(made) + 1))
    assert len(made) <= (3 if unknown else 1)


@pytest.mark.parametrize(
    ("duty", "answers"),
    [
        (Duty(rostered=True), True),
        (Duty(rostered=False), False),
        (Duty(rostered=True, away=True), False),
        (Duty(rostered=True, back_at=NOW - timedelta(minutes=1)), False),
        (Duty(rostered=True, back_at=NOW - SETTLED), True),
        (Duty(rostered=False, working_since=NOW - SETTLED), True),
        (Duty(rostered=False, working_since=NOW - timedelta(minutes=1)), False),
    ],
)
def test_whose_silence_is_told(duty: Duty, answers: bool) -> None:
    assert duty.answers(NOW) is answers


def test_the_facts_hold_no_numbers(fleet: Fleet, carrier: Sms) -> None:
    falls_silent(fleet)
    works(notices(fleet)[0])
    wanted = select(Event.payload).where(Event.type == "vehicle.silence_told")
    facts = query(lambda session: session.scalars(wanted).all())
    assert facts
    assert not [one for one in facts if NUMBER in str(one)]


def test_an_api_process_says_that_it_takes_positions_of_phones(own_office: Office) -> None:
    """Without that no phone would ever be silent."""
    begun = monotonic()
    while query(_ears)["phone"] is None and monotonic() - begun < PATIENCE_S:
        sleep(0.05)
    assert query(_ears)["phone"] is not None
    assert query(_ears)["terminal"] is None


def _ears(session: Session) -> dict[str, datetime | None]:
    return listening.unbroken_since(session, now(), real_now())
