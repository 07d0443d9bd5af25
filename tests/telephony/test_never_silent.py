"""Whoever is on a line hears something: late answers, no database, too many, repetitions."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID
from xml.etree import ElementTree as Xml

import httpx
import pytest
from sqlalchemy import func, select

from api import carrier_gate
from core import wiring as core_wiring
from core.clock import now
from core.db import session_factory
from core.identity import system_actor
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from core.wiring import install, wiring
from telephony import commands, welcome
from telephony.models import Call, CarrierEventRow
from telephony.purposes import CALLER, Answerer, Leg
from telephony.script import Enqueue, Gather, HangUp, Join, Say, Script, Step
from telephony.twilio import addresses, twiml
from telephony.twilio.fallback import AGAIN
from tests.engine_fixtures import forget_settings
from tests.people import visitor
from tests.telephony.carrier import TOKEN, InboundCall, Webhook
from tests.telephony.test_webhooks import BASE, add_organisation, serving

PATIENCE_S = 60.0
MENU: Script = (Gather("menu", (Say("请按键", "cmn-CN"),)),)

Send = Callable[[Webhook], httpx.Response]


@pytest.fixture
def client(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("PAIDAN_PUBLIC_URL", BASE)
    settings.cache_clear()
    carrier_gate.forget()
    add_organisation(1)
    with serving() as url, visitor(url) as client:
        yield client
    core_wiring.install(replace(wiring(), purposes={}))
    settings.cache_clear()
    carrier_gate.forget()


@pytest.fixture
def send(client: httpx.Client) -> Send:
    """Deliver a signed webhook, each by itself: after an error the server ends the connection."""
    alone = {"Connection": "close"}
    return lambda hook: client.post(
        hook.path, content=hook.body, headers={**hook.headers(BASE), **alone}
    )


@pytest.fixture
def call() -> InboundCall:
    return InboundCall(1, now().replace(microsecond=0) - timedelta(minutes=5))


def hears(purpose: str, answer: Answerer) -> None:
    """From now on legs of this purpose hear what `answer` says."""
    install(replace(wiring(), purposes={**wiring().purposes, purpose: answer}))


def little_patience(monkeypatch: pytest.MonkeyPatch, seconds: str, at_once: str = "8") -> None:
    monkeypatch.setenv("PAIDAN_WEBHOOK_BUDGET_SECONDS", seconds)
    monkeypatch.setenv("PAIDAN_WEBHOOKS_AT_ONCE", at_once)
    settings.cache_clear()
    carrier_gate.forget()


def verbs(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    return [verb.tag for verb in Xml.fromstring(answer.text)]


def logged() -> int:
    with session_factory()() as session:
        return session.scalar(select(func.count()).select_from(CarrierEventRow)) or 0


def asked(path: str, call: InboundCall, direction: str = "inbound", **more: str) -> Webhook:
    """A leg asks an address of ours what is next."""
    params = {**dict(call.voice().params), "CallStatus": "in-progress", "Direction": direction}
    return Webhook(path.removeprefix(BASE), tuple((params | more).items()))


def action(answer: httpx.Response, verb: str, name: str = "action") -> str:
    found = Xml.fromstring(answer.text).find(verb)
    assert found is not None
    return str(found.get(name))


def test_an_answer_that_is_late_is_replaced_and_its_report_kept(
    send: Send, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_patience(monkeypatch, "0.2")
    ready = threading.Event()

    def slow(_uow: UnitOfWork, _leg: Leg, _step: Step) -> Script:
        assert ready.wait(PATIENCE_S)
        return MENU

    hears(CALLER, slow)
    answer = send(call.voice())
    assert verbs(answer) == ["Say", "Say", "Enqueue"]
    assert action(answer, "Enqueue").endswith("/telephony/twilio/queue")
    assert logged() == 0
    little_patience(monkeypatch, "10")
    ready.set()
    assert verbs(send(asked("/telephony/twilio/wait", call, QueueTime="3"))) == ["Gather"]
    with session_factory()() as session:
        assert session.scalar(select(func.count()).select_from(Call)) == 1
    assert logged() == 2


def test_without_a_database_a_caller_is_queued_and_a_report_is_to_be_repeated(
    send: Send, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIDAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    forget_settings()
    carrier_gate.forget()
    little_patience(monkeypatch, "10")
    assert verbs(send(call.voice())) == ["Say", "Say", "Enqueue"]
    assert verbs(send(asked("/telephony/twilio/wait", call))) == ["Say", "Say", "Pause"]
    assert send(call.completed()).status_code == 503
    assert verbs(send(asked("/telephony/twilio/fallback", call))) == ["Say", "Say", "Enqueue"]


def test_an_error_of_ours_stays_one(send: Send, call: InboundCall) -> None:
    def wrong(_uow: UnitOfWork, _leg: Leg, _step: Step) -> Script:
        raise ZeroDivisionError

    hears(CALLER, wrong)
    assert send(call.voice()).status_code == 500
    assert logged() == 0
    assert verbs(send(asked("/telephony/twilio/fallback", call))) == ["Say", "Say", "Enqueue"]


def test_above_the_limit_callers_hear_the_fallback_at_once(
    send: Send, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_patience(monkeypatch, "10", at_once="1")
    ready, begun = threading.Event(), threading.Event()

    def slow(_uow: UnitOfWork, _leg: Leg, _step: Step) -> Script:
        begun.set()
        assert ready.wait(PATIENCE_S)
        return MENU

    hears(CALLER, slow)
    places = 1 + carrier_gate.WAITING_A_THREAD
    calls = [InboundCall(10 + n, call.began) for n in range(places + 3)]
    with ThreadPoolExecutor(len(calls)) as pool:
        first = pool.submit(send, calls[0].voice())
        assert begun.wait(PATIENCE_S)
        rest = [pool.submit(send, one.voice()) for one in calls[1:]]
        shed = set()
        while len(shed) < 3:
            shed |= {one for one in rest if one.done()}
        ready.set()
        answers = [verbs(one.result()) for one in (first, *rest)]
    assert answers.count(["Gather"]) == places
    assert answers.count(["Say", "Say", "Enqueue"]) == 3


def place(purpose: str) -> UUID:
    """A leg that we asked for, by itself."""
    with unit_of_work(system_actor(1, "test")) as uow:
        return commands.ask(uow, "place_call", purpose=purpose, to_number="+8613900000001")


def test_a_leg_that_we_placed_asks_again_with_its_keys(
    send: Send, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_patience(monkeypatch, "0.2")
    ready = threading.Event()
    heard: list[Step] = []

    def slow(_uow: UnitOfWork, _leg: Leg, step: Step) -> Script:
        assert ready.wait(PATIENCE_S)
        heard.append(step)
        return MENU

    hears("crew", slow)
    path = addresses.step(place("crew"), "menu", "abc")
    answer = send(asked(path, call, "outbound-api", Digits="1"))
    assert verbs(answer) == ["Pause", "Redirect"]
    again = Xml.fromstring(answer.text).findtext("Redirect") or ""
    assert "digits=1" in again
    assert "again=1" in again
    little_patience(monkeypatch, "10")
    ready.set()
    assert verbs(send(asked(again, call, "outbound-api"))) == ["Gather"]
    assert {step.digits for step in heard} == {"1"}
    assert logged() == 1
    little_patience(monkeypatch, "0.2")
    ready.clear()
    last = again.replace("again=1", f"again={AGAIN}")
    assert verbs(send(asked(last, call, "outbound-api"))) == ["Say", "Say", "Hangup"]
    ready.set()


def test_a_repeated_question_gets_the_same_answer_and_does_nothing_again(
    send: Send, call: InboundCall
) -> None:
    hears(CALLER, lambda _uow, _leg, _step: MENU)
    first, second = send(call.voice()), send(call.voice())
    assert first.text == second.text
    assert logged() == 1
    pressed = asked(action(first, "Gather"), call, Digits="9")
    answers = [send(pressed) for _ in range(3)]
    assert len({one.text for one in answers}) == 1
    assert logged() == 2
    assert verbs(send(asked(action(answers[0], "Gather"), call, Digits="9"))) == ["Gather"]
    assert logged() == 3, "the same key pressed again after the answer is news"


def test_a_document_in_its_own_address_needs_no_database(
    send: Send, client: httpx.Client, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIDAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    forget_settings()
    leg = UUID(int=3)
    address = addresses.script(leg, twiml.encoded((Join(str(UUID(int=4)), ends=True),)))
    answer = send(asked(address, call))
    room = Xml.fromstring(answer.text).find("Dial/Conference")
    assert room is not None
    assert (room.text, room.get("participantLabel")) == (str(UUID(int=4)), str(leg))
    assert room.get("endConferenceOnExit") == "true"
    spoiled = asked(address.replace("nodes=", "nodes=x"), call)
    assert send(spoiled).status_code == 422
    hook = asked(address, call)
    unsigned = client.post(spoiled.path, content=hook.body, headers=hook.headers(BASE))
    assert unsigned.status_code == 403


@pytest.mark.parametrize("step", ["wait", "waiting.zh"])
def test_the_fallback_of_who_waits_leads_to_no_other_queue(step: str) -> None:
    """The carrier refuses a queue in the document of a queue, and the place would be lost."""
    nodes = welcome.caller(None, None, Step(step))
    assert nodes
    assert not [one for one in nodes if isinstance(one, Enqueue | HangUp)]
