"""The dialler against a carrier that loses answers: each wish once, however often it dies."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from api.wiring import wire
from core.clock import real_now
from core.db import session_factory
from core.eventlog import read_stream
from core.identity import system_actor
from core.settings import settings
from core.uow import unit_of_work
from telephony import commands, settling, silence
from telephony.command_models import CarrierCommand
from telephony.commands import MASS, URGENT
from telephony.dialling import Dialler
from telephony.twilio.client import gateway_of
from tests.prepared import begin
from tests.simulator.fixtures import HOTLINE, CarrierSimulator, running_simulator
from tests.telephony.dialler_process import IMPATIENT
from tests.telephony.test_webhooks import add_organisation

NOBODY = "http://127.0.0.1:9"
ENDED = ("done", "failed", "cancelled", "expired")


@contextmanager
def dialling_to(carrier: CarrierSimulator, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings name this carrier."""
    patch.setenv("PAIDAN_TWILIO_ACCOUNT_SID", carrier.account)
    patch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", carrier.token)
    patch.setenv("PAIDAN_TWILIO_API_URL", carrier.url)
    patch.setenv("PAIDAN_PUBLIC_URL", NOBODY)
    patch.setenv("PAIDAN_CALLS_PER_SECOND", "50")
    patch.setenv("PAIDAN_MESSAGES_PER_SECOND", "50")
    settings.cache_clear()
    wire()
    yield
    settings.cache_clear()


@pytest.fixture
def carrier(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CarrierSimulator]:
    """A simulator whose time runs, that the settings name; one organisation."""
    add_organisation(1, HOTLINE)
    with running_simulator(calls_per_second=50, messages_per_second=50) as simulator:
        simulator.post("/numbers", phone_number=HOTLINE)
        with dialling_to(simulator, monkeypatch):
            yield simulator


def ask(kind: str, **more: object) -> UUID:
    values = {"purpose": "test", "from_number": HOTLINE, **more}
    with unit_of_work(system_actor(1, "test")) as uow:
        return commands.ask(uow, kind, **values)  # type: ignore[arg-type]


def call_to(number: int, **more: object) -> UUID:
    return ask("place_call", to_number=f"+8613800{number:06d}", **more)


def message_to(number: int, **more: object) -> UUID:
    said = {"text": f"您好 {number}"}
    return ask("send_message", to_number=f"+8613900{number:06d}", params=said, **more)


def row(id_: UUID) -> CarrierCommand:
    with session_factory()() as session:
        return session.get_one(CarrierCommand, (1, id_))


def states() -> Counter[str]:
    with session_factory()() as session:
        return Counter(session.scalars(select(CarrierCommand.state)))


def numbers(carrier: CarrierSimulator) -> Counter[str]:
    """Who was called or written to, how often."""
    state = carrier.state()
    return Counter(one["to"] for one in [*state["calls"], *state["messages"]])


def dial_until(dialler: Dialler, ids: list[UUID], *wanted: str) -> list[CarrierCommand]:
    """Turns of a dialler until these commands are in one of the states."""
    while True:
        dialler.turn()
        dialler.wait_idle()
        rows = [row(id_) for id_ in ids]
        if all(one.state in (wanted or ENDED) for one in rows):
            return rows


def impatient() -> Dialler:
    return Dialler(gateway_of(settings()), IMPATIENT)


def test_a_call_is_placed_and_its_end_told(carrier: CarrierSimulator) -> None:
    subject = UUID(int=7)
    wish = call_to(1, subject_id=subject, params={"ring_s": 20})
    (found,) = dial_until(impatient(), [wish])
    (call,) = carrier.state()["calls"]
    assert (found.state, found.tries, found.carrier_ref) == ("done", 1, call["sid"])
    with session_factory()() as session:
        (ended,) = read_stream(session, 1, "command", wish)
    said = ended.payload
    assert (said.outcome, said.subject_id, said.leg_id) == ("done", subject, wish)  # type: ignore[attr-defined]


def test_without_a_carrier_every_wish_fails_visibly(carrier: CarrierSimulator) -> None:
    found = dial_until(Dialler(None), [call_to(1), message_to(2)])
    assert {(one.state, one.failure) for one in found} == {("failed", "not_set_up")}


def test_what_the_carrier_refuses_has_its_number(carrier: CarrierSimulator) -> None:
    wish = ask("place_call", to_number="nobody")
    (found,) = dial_until(impatient(), [wish])
    assert found.state == "failed"
    assert (found.failure or "").isdigit()


@pytest.mark.parametrize("kind", ["place_call", "send_message"])
def test_an_answer_that_is_lost_is_looked_up(carrier: CarrierSimulator, kind: str) -> None:
    carrier.post("/mischief", next=["lost"])
    wish = call_to(1) if kind == "place_call" else message_to(1)
    dialler = impatient()
    (unsure,) = dial_until(dialler, [wish], "unsure")
    assert unsure.failure == "connection_lost"
    (found,) = dial_until(dialler, [wish])
    assert (found.state, found.tries) == ("done", 1)
    assert set(numbers(carrier).values()) == {1}


def test_a_carrier_that_is_busy_is_asked_again(carrier: CarrierSimulator) -> None:
    carrier.post("/mischief", next=["busy"])
    wish = call_to(1)
    (found,) = dial_until(impatient(), [wish])
    assert (found.state, found.tries) == ("done", 2)


def test_a_try_that_died_is_looked_up_before_it_is_made_again(carrier: CarrierSimulator) -> None:
    wish = call_to(1)
    with session_factory()() as session:
        dead = session.get_one(CarrierCommand, (1, wish))
        dead.state, dead.tries, dead.tried_at = "sending", 1, real_now()
        session.commit()
    (found,) = dial_until(impatient(), [wish])
    assert (found.state, found.tries) == ("done", 2)
    assert set(numbers(carrier).values()) == {1}


def test_the_carrier_s_own_word_settles_an_unsure_try(carrier: CarrierSimulator) -> None:
    wish = call_to(1)
    with session_factory()() as session:
        unsure = session.get_one(CarrierCommand, (1, wish))
        unsure.state, unsure.tries, unsure.tried_at = "unsure", 1, real_now()
        session.commit()
    for _ in range(2):
        with unit_of_work(system_actor(1, "carrier")) as uow:
            settling.placed(uow, wish, "twilio", "CA" + "7" * 32)
    assert (row(wish).state, row(wish).carrier_ref) == ("done", "CA" + "7" * 32)
    with session_factory()() as session:
        assert len(read_stream(session, 1, "command", wish)) == 1


def test_a_call_that_was_given_to_the_wrong_wish_is_looked_up_anew(
    carrier: CarrierSimulator,
) -> None:
    first, second = call_to(1), call_to(1)
    (found,) = dial_until(impatient(), [first])
    assert found.carrier_ref is not None
    with unit_of_work(system_actor(1, "carrier")) as uow:
        settling.placed(uow, second, "twilio", found.carrier_ref)
    assert row(first).state == "unsure"
    dial_until(impatient(), [first])
    assert row(first).carrier_ref not in (None, found.carrier_ref)
    assert set(numbers(carrier).values()) == {2}


def away(patch: pytest.MonkeyPatch) -> Dialler:
    """A dialler that reaches no carrier."""
    with patch.context() as elsewhere:
        elsewhere.setenv("PAIDAN_TWILIO_API_URL", NOBODY)
        settings.cache_clear()
        dialler = impatient()
    settings.cache_clear()
    return dialler


def silent() -> silence.Silence | None:
    with session_factory()() as session:
        return silence.of(session, 1)


def unanswered(dialler: Dialler, ids: list[UUID]) -> list[datetime]:
    """Turns until the carrier has left all of these without an answer; since when each."""
    while True:
        dialler.turn()
        dialler.wait_idle()
        found = [row(id_).unanswered_since for id_ in ids]
        if all(found):
            return [one for one in found if one]


def put_off(id_: UUID) -> None:
    """It is not tried again today."""
    with session_factory()() as session:
        session.get_one(CarrierCommand, (1, id_)).due_at = real_now() + timedelta(days=1)
        session.commit()


def test_since_when_the_carrier_does_not_answer_is_known_until_it_does(
    carrier: CarrierSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialler, first = away(monkeypatch), call_to(1)
    (since,) = unanswered(dialler, [first])
    assert silent() == (since, 1)
    put_off(first)
    second = message_to(2)
    assert unanswered(dialler, [second]) == [since]  # as long as the first
    assert silent() == (since, 2)
    put_off(second)
    dial_until(impatient(), [call_to(3)])  # another dialler, which asks for something else
    assert silent() is None
    assert states() == {"waiting": 2, "done": 1}


@pytest.mark.parametrize("how", ["cancelled", "done"])
def test_what_waits_no_more_is_not_waited_for(
    carrier: CarrierSimulator, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    wish = call_to(1)
    unanswered(away(monkeypatch), [wish])
    with unit_of_work(system_actor(1, "test")) as uow:
        settling.end(uow, uow.session.get_one(CarrierCommand, (1, wish)), how)
    assert silent() is None


@pytest.mark.parametrize(("number", "trouble"), [("+8613800000009", ["busy"]), ("nobody", [])])
def test_a_carrier_that_is_busy_or_refuses_answers(
    carrier: CarrierSimulator, monkeypatch: pytest.MonkeyPatch, number: str, trouble: list[str]
) -> None:
    before = message_to(1)
    unanswered(away(monkeypatch), [before])
    put_off(before)
    carrier.post("/mischief", next=trouble)
    dialler, wish = impatient(), ask("place_call", to_number=number)
    while not row(wish).tries:
        dialler.turn()
        dialler.wait_idle()
    assert (row(wish).failure or "").isdigit()
    assert silent() is None


def test_what_is_too_late_is_not_asked(carrier: CarrierSimulator) -> None:
    late = call_to(1, expires_in=timedelta(seconds=-1))
    (found,) = dial_until(impatient(), [late])
    assert (found.state, found.tries) == ("expired", 0)
    assert not numbers(carrier)


def test_a_hang_up_waits_until_its_leg_is_known(carrier: CarrierSimulator) -> None:
    leg = call_to(1, due_in=timedelta(seconds=1))
    over = ask("hang_up", leg_id=leg)
    dialler = impatient()
    dialler.turn()
    assert row(over).state == "waiting"
    dial_until(dialler, [leg, over])
    assert row(over).state == "done"
    (call,) = carrier.state()["calls"]
    assert call["status"] in ("completed", "canceled")


def test_about_a_leg_that_never_was_nothing_is_asked(carrier: CarrierSimulator) -> None:
    leg = call_to(1, expires_in=timedelta(seconds=-1))
    over = ask("hang_up", leg_id=leg)
    dial_until(impatient(), [leg, over])
    assert (row(over).state, row(over).failure) == ("failed", "no_leg")


def test_the_urgent_goes_before_the_mass_and_calls_keep_their_pace(
    carrier: CarrierSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIDAN_CALLS_PER_SECOND", "0.001")
    settings.cache_clear()
    mass = [call_to(n, priority=MASS) for n in range(3)]
    urgent = call_to(9, priority=URGENT)
    dialler = impatient()
    dial_until(dialler, [urgent])
    for _ in range(3):
        dialler.turn()
    dialler.wait_idle()
    assert {row(id_).state for id_ in mass} == {"waiting"}


def test_commands_about_one_leg_keep_their_order(carrier: CarrierSimulator) -> None:
    leg = call_to(1)
    dialler = impatient()
    dial_until(dialler, [leg])
    later = timedelta(seconds=0.3)
    call_id = UUID(int=5)
    first = ask("mode", call_id=call_id, leg_id=leg, params={"mode": "listen"}, due_in=later)
    second = ask("mode", call_id=call_id, leg_id=leg, params={"mode": "barge"})
    dialler.turn()
    dialler.wait_idle()
    assert row(second).state == "waiting"
    found = dial_until(dialler, [first, second])
    assert {one.failure for one in found} == {"no_such_conference"}


LOSSY = {"lost": 0.4, "busy": 0.1}


def run_and_kill(carrier: CarrierSimulator, mistake: str, wishes: int, kills: int) -> None:
    """Let a process dial, kill it at random moments, until every wish has ended."""
    dice = random.Random(7)
    seen = 0
    for round_ in range(kills + 1):
        with begin("tests.telephony.dialler_process", mistake):
            if round_ < kills:
                seen = after_requests(carrier, seen, dice.randint(1, wishes // 3))
            else:
                await_states(carrier, lambda found: not set(found) - set(ENDED))


def after_requests(carrier: CarrierSimulator, seen: int, count: int) -> int:
    """Wait for so many more requests of the dialler, or until nothing is left to do."""
    while count and set(states()) - set(ENDED):
        lines = carrier.control.get("/trace", params={"after": seen, "wait": 0.5}).text
        for entry in carrier.trace(after=seen) if lines else ():
            seen = entry["n"]
            count -= entry["kind"] == "rest"
            if not count:
                break
    return seen


def await_states(carrier: CarrierSimulator, fits: Callable[[Counter[str]], bool]) -> None:
    """Until the commands are in states that fit; each look waits for news of the carrier."""
    seen = 0
    while not fits(states()):
        for entry in carrier.trace(after=seen):
            seen = entry["n"]
        carrier.control.get("/trace", params={"after": seen, "wait": 0.2})


@pytest.mark.chaos
@pytest.mark.parametrize("mistake", ["", "no_look_up"])
def test_killed_at_any_moment_it_asks_nothing_twice_and_forgets_nothing(
    carrier: CarrierSimulator, mistake: str
) -> None:
    wishes = [call_to(n) for n in range(10)] + [message_to(n) for n in range(10)]
    carrier.post("/mischief", next=["lost"], **LOSSY)
    run_and_kill(carrier, mistake, len(wishes), kills=3)
    asked = numbers(carrier)
    if mistake:
        assert max(asked.values()) > 1, "the mistake was not caught"
        return
    assert {row(id_).state for id_ in wishes} == {"done"}
    assert len(asked) == len(wishes)
    assert set(asked.values()) == {1}
