"""A caller's first answers come from the flow alone, as the whole way would give them."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from api import standing
from api.lag import Lag
from core.clock import now
from core.db import session_factory
from dispatch.starter import ORG_ID
from telephony import answering, early
from telephony.caller_repository import InQueue, places
from telephony.early import Standing
from telephony.flow import Situation
from telephony.models import Call, CarrierEventRow, UntoldReport
from telephony.rules import CarrierEvent
from telephony.script import Enqueue
from telephony.twilio import fallback, reports, webhooks
from telephony.twilio.reports import Place
from tests.telephony.carrier import InboundCall, Webhook
from tests.telephony.test_webhooks import BASE, call, client, post
from tests.telling import tell

__all__ = ["call", "client", "post"]

STEPS = [
    ("answer", ""),
    ("language.1", "2"),
    ("language.2", "9"),
    ("language.3", ""),
    ("consent.zh", "1"),
    ("consent.en", ""),
    ("menu.zh.1", "1"),
    ("menu.en.1", "2"),
    ("menu.zh.1", ""),
    ("menu.en.3", "7"),
    ("wait.zh", ""),
    ("waiting.en", ""),
    ("waiting.zh", "1"),
]


def asked(hook: Webhook, kind: Any = "voice", step: str = "", digits: str = "") -> CarrierEvent:
    form = webhooks.form_of(hook.with_(**({"Digits": digits} if digits else {})).body)
    return reports.parse(kind, form, now(), Place(step=step))


def of_steps(call: InboundCall) -> list[CarrierEvent]:
    return [
        asked(call.voice(), "voice" if step == "answer" else "step", step, digits)
        for step, digits in STEPS
    ] + [asked(call.left_queue(result), "queue") for result in ("bridged", "hangup", "redirected")]


def known(event: CarrierEvent) -> Situation:
    nothing = Standing(ORG_ID)
    if not early.reads(event):
        return early.standing_situation(nothing, event)
    with session_factory()() as session:
        return early.looked_up(session, nothing, event)


def test_it_is_what_the_whole_way_answers(client: httpx.Client, call: InboundCall) -> None:
    """Script, leg and what is decided, of every step that is answered so."""
    for event in of_steps(call):
        assert early.can_be(event), event.step
        soon = early.early(event, known(event))
        whole = answering.answer(event)
        assert (soon.leg_id, soon.script) == (whole.leg_id, whole.script), event.step
        with session_factory()() as session:
            ours = CarrierEventRow.kind == "flow"
            kept = session.scalars(select(CarrierEventRow.told).where(ours)).all()
            for word, more in soon.decided:
                assert {"word": word, "more": more} in kept


def test_what_needs_more_is_not_answered_so(client: httpx.Client, call: InboundCall) -> None:
    outage = asked(call.voice(), "step", "outage.zh.1", "1")
    wait = asked(call.voice(), "step", "wait")
    full = asked(call.left_queue("queue-full"), "queue")
    outbound = asked(call.voice().with_(Direction="outbound-api"))
    other = replace(asked(call.voice(), "step", "answer"), leg_id=call_id(InboundCall(9, now())))
    assert not any(early.can_be(one) for one in (outage, wait, full, outbound, other))


def test_whose_queue_is_full_is_not_sent_there(client: httpx.Client, call: InboundCall) -> None:
    chosen = asked(call.voice(), "step", "menu.zh.1", "1")

    def queued(full: frozenset[str]) -> bool:
        with session_factory()() as session:
            known = early.looked_up(session, Standing(ORG_ID, full=full), chosen)
        return any(isinstance(node, Enqueue) for node in early.early(chosen, known).script)

    assert queued(frozenset())
    assert not queued(frozenset({"fault"}))


def call_id(call: InboundCall) -> Any:
    return asked(call.voice()).call_id


def test_a_call_is_opened_when_its_first_report_is_told(
    client: httpx.Client, call: InboundCall
) -> None:
    hook = call.voice()
    answers = {send(client, hook).text for _ in range(3)}
    assert len(answers) == 1
    assert str(call_id(call)) in answers.pop()
    assert counted(Call) == 0
    tell()
    with session_factory()() as session:
        [found] = session.scalars(select(Call))
        assert (found.id, found.stage) == (call_id(call), "menu")
        words = select(CarrierEventRow.told["word"].astext).where(CarrierEventRow.kind == "flow")
        said = sorted(session.scalars(words))
    assert said == sorted(set(said))
    assert "greeted" in said


def send(client: httpx.Client, hook: Webhook) -> httpx.Response:
    answer = client.post(hook.path, content=hook.body, headers=hook.headers(BASE))
    assert answer.status_code == 200, answer.text
    return answer


def counted(table: Any) -> int:
    with session_factory()() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_process_that_is_behind_answers_with_the_fallback(
    client: httpx.Client, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lag, "behind", lambda _: 1.0)
    assert send(client, call.voice()).text == fallback.document("inbound")
    assert counted(UntoldReport) == 0
    completed = call.completed()
    said = client.post(
        completed.path, content=completed.body, headers=completed.headers(BASE)
    ).status_code
    assert said == 204, "a report can wait"
    monkeypatch.setattr(Lag, "behind", lambda _: 6.0)
    said = client.post(
        completed.path, content=completed.body, headers=completed.headers(BASE)
    ).status_code
    assert said == 503


def test_who_waits_hears_the_place_in_the_queue(
    client: httpx.Client, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever came first is first; what is told of the others in a queue is not asked for each."""
    monkeypatch.setattr(standing, "FRESH_S", 0.0)
    lines = [replace(call, number=700 + n, from_number=f"+861380000{n:04d}") for n in range(3)]
    for one in lines:
        send(client, one.voice())
        send(client, at(one, "menu.zh.1", Digits="1"))
        tell()
    with session_factory()() as session:
        found = places(session, ORG_ID, now())
    assert [found[call_id(one)] for one in lines] == [InQueue(n, None) for n in range(3)]
    heard = [send(client, at(one, "wait.zh")).text for one in lines]
    assert [f"还有 {n} 位" in text for n, text in enumerate(heard)] == [False, True, True]


def at(call: InboundCall, step: str, **more: str) -> Webhook:
    """The leg of a call asks what is next."""
    params = call.voice().with_(CallStatus="in-progress", **more).params
    return Webhook(f"/telephony/twilio/leg/{call_id(call)}/{step}?turn=1", params)
