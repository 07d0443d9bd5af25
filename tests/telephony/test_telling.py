"""Reports are taken at once and told later: none is lost, together is as one by one."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from api import taking
from api.set_aside import main
from api.verify import verify
from api.verify_calls import set_aside
from core.clock import now
from core.db import engine, session_factory
from core.engines import libpq_url
from core.errors import Unavailable
from core.eventlog import read_stream
from core.settings import settings as own
from dispatch.starter import ORG_ID
from telephony import repository, service, teller, telling, untold_repository
from telephony.leg_models import CallLeg
from telephony.models import Call, CarrierEventRow, QueueStay, UntoldReport
from telephony.report_json import from_json, to_json
from telephony.rules import CarrierEvent
from telephony.twilio import reports, webhooks
from telephony.untold_repository import Taken
from tests.depth import examples
from tests.office import module_organisation, organisation, query, starter
from tests.telephony.carrier import InboundCall, Webhook
from tests.telephony.test_webhooks import BASE, add_organisation, call, client, post, send
from tests.telling import tell

__all__ = ["call", "client", "module_organisation", "organisation", "post", "starter"]
NUMBERS = count(1)
STEPS = ("initiated", "voice", "ringing", "answered", "left_queue", "completed")
Post = Callable[[Webhook], int]


def event_of(hook: Webhook) -> CarrierEvent:
    kind: Any = hook.path.rpartition("/")[2]
    return reports.parse(kind, webhooks.form_of(hook.body), now())


def calls(many: int) -> list[InboundCall]:
    began = now().replace(microsecond=0) - timedelta(minutes=3)
    return [InboundCall(next(NUMBERS), began) for _ in range(many)]


def take(*events: CarrierEvent) -> None:
    """They are taken, as the web process does it, in one transaction."""
    reports = [Taken(one) for one in events]
    with psycopg.connect(libpq_url(own().database_url or ""), autocommit=True) as connection:
        connection.execute(untold_repository.TAKE, untold_repository.parameters(reports))


def rows(sid: str) -> dict[str, Any]:
    """What is stored of a call, without ids and moments of our own."""
    with session_factory()() as session:
        found = session.scalars(select(Call).where(Call.carrier_call == sid)).one()
        state = asdict(repository.state_of(found)) | {"carrier_call": None}
        facts = Counter(one.type for one in read_stream(session, ORG_ID, "call", found.id))
        ours = QueueStay.call_id == found.id
        stays = session.scalars(select(QueueStay).where(ours).order_by(QueueStay.number)).all()
        legs = session.scalars(select(CallLeg).where(CallLeg.call_id == found.id)).all()
        logged = session.scalars(
            select(CarrierEventRow.kind).where(CarrierEventRow.call_id == found.id)
        )
        return {
            "state": state,
            "facts": facts,
            "stays": [(one.queue, one.entered_at, one.left_at, one.result) for one in stays],
            "legs": [(one.role, one.state, one.answered_at, one.ended_at) for one in legs],
            "log": Counter(logged),
        }


@settings(max_examples=examples(15), deadline=None)
@given(
    order=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(STEPS)), min_size=1, max_size=14),
    cuts=st.sets(st.integers(1, 13), max_size=4),
)
def test_many_reports_at_once_tell_what_they_tell_one_by_one(
    module_organisation: int, order: list[tuple[int, str]], cuts: set[int]
) -> None:
    alone, together = calls(3), calls(3)
    began = together[0].began
    alone = [replace(one, began=began) for one in alone]
    at = now()
    said = [
        tuple(
            replace(event_of(getattr(line[index], what)()), received_at=at + timedelta(seconds=n))
            for line in (alone, together)
        )
        for n, (index, what) in enumerate(order)
    ]
    for single, _ in said:
        service.receive(single)
    for n, (_, one) in enumerate(said):
        if n in cuts:
            tell()
        take(one)
    tell()
    for index in {index for index, _ in order}:
        assert rows(together[index].sid) == rows(alone[index].sid)
    with session_factory()() as session:
        assert list(verify(session, module_organisation)) == []


def test_a_report_is_the_same_after_it_has_waited(call: InboundCall) -> None:
    for hook in call.whole():
        one = event_of(hook)
        assert from_json(to_json(one)) == one
    leg = replace(event_of(call.voice()), leg_id=uuid4(), conference=str(uuid4()), digits="7")
    assert from_json(to_json(leg)) == leg
    tape = replace(leg, kind="recording", recording="RE1", recording_at=now(), recording_s=3)
    assert from_json(json.loads(json.dumps(to_json(tape)))) == tape


def untold() -> list[UntoldReport]:
    return query(lambda session: list(session.scalars(select(UntoldReport))))


def test_what_is_confirmed_is_stored_before_anybody_tells_it(
    client: httpx.Client, call: InboundCall
) -> None:
    assert send(client, call.completed()) == 204
    assert [one.carrier_call for one in untold()] == [call.sid]
    tell()
    assert untold() == []
    assert rows(call.sid)["state"]["ended_at"] == call.ended_at


def test_a_caller_is_answered_before_the_call_is_told(
    client: httpx.Client, call: InboundCall
) -> None:
    assert send(client, call.voice()) == 200
    with session_factory()() as session:
        assert session.scalars(select(Call)).all() == []
        assert list(verify(session, 1)) == [], "it is not told yet, and not wrong"
    tell()
    after = rows(call.sid)
    assert (after["state"]["stage"], after["legs"][0][1]) == ("menu", "ringing")
    assert after["facts"] == {"call.opened": 1, "call.progressed": 1, "call.greeted": 1}


def test_what_nobody_can_be_found_for_is_set_aside_and_the_others_are_told(
    client: httpx.Client, post: Post, call: InboundCall
) -> None:
    stranger = InboundCall(77, call.began, to_number="+861012345")
    add_organisation(2, "+861000000")
    add_organisation(3)
    assert send(client, stranger.ringing()) == 204
    assert post(InboundCall(78, call.began, to_number="+861000000").completed()) == 204
    [left] = untold()
    assert (left.failure, left.carrier_call) == ("unknown_number", stranger.sid)
    with session_factory()() as session:
        assert [one.rpartition(": ")[2] for one in set_aside(session)] == ["unknown_number"]


def test_a_call_that_cannot_be_told_holds_up_no_other(
    client: httpx.Client,
    call: InboundCall,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    others = [replace(call, number=n) for n in (101, 102)]
    follow = telling.follow

    def fails(uow: Any, known: Any, at: Any) -> None:
        if known.call.carrier_call == call.sid:
            raise ZeroDivisionError
        follow(uow, known, at)

    monkeypatch.setattr(telling, "follow", fails)
    for one in (others[0], call, others[1]):
        assert send(client, one.completed()) == 204
    tell()
    assert [rows(one.sid)["state"]["state"] for one in others] == ["ended", "ended"]
    [left] = untold()
    assert (left.carrier_call, left.failure) == (call.sid, "ZeroDivisionError")
    monkeypatch.undo()
    main(again=True)
    assert f"status {left.failed_at}: ZeroDivisionError" in capsys.readouterr().out
    tell()
    assert untold() == []
    assert rows(call.sid)["state"]["ended_at"] == call.ended_at


def test_a_report_waits_while_the_database_is_in_trouble(
    client: httpx.Client, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loses_its_connection(*_: Any) -> None:
        raise psycopg.InterfaceError("the connection is closed")

    monkeypatch.setattr(telling, "follow", loses_its_connection)
    assert send(client, call.completed()) == 204
    with pytest.raises(psycopg.InterfaceError):
        teller.turn()
    monkeypatch.undo()
    [left] = untold()
    assert left.failure is None
    tell()
    assert untold() == []


async def _waits_for_a_lock() -> None:
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'paidan-reports'"
        " AND wait_event_type = 'Lock' AND datname = current_database()"
    )
    url = libpq_url(own().database_url or "")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            found = await (await connection.execute(statement)).fetchone()
            if found and found[0]:
                return


def test_what_comes_together_is_one_transaction(organisation: int) -> None:
    events = [event_of(one.ringing()) for one in calls(40)]

    async def flood() -> None:
        one = taking.Taking()
        with engine().connect() as holder:
            holder.execute(text("LOCK TABLE untold_report IN EXCLUSIVE MODE"))
            first = asyncio.create_task(one.take(events[0]))
            await _waits_for_a_lock()
            rest = [asyncio.create_task(one.take(each)) for each in events[1:]]
            await asyncio.sleep(0)
            holder.rollback()
        await asyncio.gather(first, *rest)
        await one.stop()

    asyncio.run(flood())
    found = query(
        lambda session: session.execute(
            text("SELECT count(*), count(DISTINCT xmin::text) FROM untold_report")
        ).one()
    )
    assert tuple(found) == (40, 2)


def test_a_connection_that_was_lost_is_made_anew(organisation: int) -> None:
    first, second = (event_of(one.ringing()) for one in calls(2))

    async def twice() -> None:
        one = taking.Taking()
        await one.take(first)
        with engine().connect() as other:
            other.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'paidan-reports' AND datname = current_database()"
                )
            )
        await one.take(second)
        await one.stop()

    asyncio.run(twice())
    assert {one.carrier_call for one in untold()} == {first.carrier_call, second.carrier_call}


def test_too_many_are_refused_and_the_carrier_repeats_them(
    organisation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "PLACES", 3)
    events = [event_of(one.ringing()) for one in calls(5)]

    async def flood() -> list[Any]:
        one = taking.Taking()
        found = await asyncio.gather(*map(one.take, events), return_exceptions=True)
        await one.stop()
        return found

    found = asyncio.run(flood())
    assert [isinstance(one, Unavailable) for one in found] == [False] * 3 + [True] * 2
    assert len(untold()) == 3


def test_the_public_address_may_have_a_path(
    client: httpx.Client, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy takes the path away; the carrier signed it, and our own addresses have it."""
    prefixed = f"{BASE}/hotline"
    monkeypatch.setenv("PAIDAN_PUBLIC_URL", prefixed)
    own.cache_clear()
    hook = call.voice()
    answer = client.post(hook.path, content=hook.body, headers=hook.headers(prefixed))
    assert answer.status_code == 200
    assert f'action="{prefixed}/telephony/twilio/leg/' in answer.text
    assert client.post(hook.path, content=hook.body, headers=hook.headers(BASE)).status_code == 403
