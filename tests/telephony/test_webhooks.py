"""Webhooks through the real application into a real database."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
import uvicorn
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from api import carrier_gate
from api.app import create_app
from core import outbox
from core.clock import now
from core.db import session_factory
from core.eventlog import read_stream
from core.events import CallEnded
from core.identity import system_actor
from core.ids import new_id
from core.models import Organisation
from core.settings import settings
from core.uow import unit_of_work
from dashboards.calls import recent
from dispatch.tickets.models import Ticket
from dispatch.tickets.service import NewTicket, file_ticket
from telephony import repository, service, teller
from telephony.models import Call, CarrierEventRow
from telephony.rules import Fact, fold
from tests.people import visitor
from tests.telephony.carrier import HOTLINE, TOKEN, InboundCall, Webhook
from tests.telling import tell

BASE = "https://paidan.example:8443"

Post = Callable[[Webhook], int]


@pytest.fixture
def client(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("PAIDAN_PUBLIC_URL", BASE)
    monkeypatch.setenv("PAIDAN_WEBHOOK_BUDGET_SECONDS", "10")  # the machine may be busy
    settings.cache_clear()
    for gate in (carrier_gate.documents, carrier_gate.reports):
        gate.cache_clear()
    add_organisation(1)
    with serving() as url, visitor(url) as client:
        yield client
    settings.cache_clear()


@contextmanager
def serving() -> Iterator[str]:
    """The application on a real socket, so that addresses arrive as they were sent."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(), log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            listener.listen()  # requests wait here until the server takes them
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def post(client: httpx.Client) -> Post:
    """Deliver a signed webhook and let it be told; the status of the answer."""

    def deliver(webhook: Webhook) -> int:
        answer = client.post(webhook.path, content=webhook.body, headers=webhook.headers(BASE))
        tell()
        return answer.status_code

    return deliver


@pytest.fixture
def call() -> InboundCall:
    """A call that ended a moment ago."""
    return InboundCall(1, now().replace(microsecond=0) - timedelta(minutes=5))


def add_organisation(id_: int, *numbers: str) -> None:
    with session_factory()() as session:
        code = f"org{id_}"
        session.add(Organisation(id=id_, code=code, name_zh=code, name_en=code, created_at=now()))
        session.flush()
        for one in numbers:
            assert repository.add_number(session, id_, new_id(), one, "hotline", now())
        session.commit()


def stored(session: Session) -> Call:
    return session.scalars(select(Call)).one()


def ends(session: Session, call: Call) -> list[CallEnded]:
    events = read_stream(session, call.org_id, "call", call.id)
    assert fold(Fact(one.payload, one.occurred_at) for one in events) == repository.state_of(call)
    return [one.payload for one in events if isinstance(one.payload, CallEnded)]


def reports(session: Session) -> int:
    """Reports of the carrier in the log."""
    told = select(func.count()).select_from(CarrierEventRow).where(CarrierEventRow.kind != "flow")
    return session.execute(told).scalar_one()


def test_a_call_opens_and_ends(client: httpx.Client, post: Post, call: InboundCall) -> None:
    hook = call.voice()
    answer = client.post(hook.path, content=hook.body, headers=hook.headers(BASE))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert "<Gather" in answer.text
    assert [post(one) for one in call.whole()] == [204, 200, 204, 204, 200, 204]
    with session_factory()() as session:
        found = stored(session)
        assert (found.state, found.ended_at) == ("ended", call.ended_at)
        assert len(ends(session, found)) == 1
        assert reports(session) == 6
        [row] = recent(session, 1, 10)
        assert (row["id"], row["from_number"], row["end_state"]) == (
            str(found.id),
            call.from_number,
            "completed",
        )


def test_reversed_and_repeated_reports_make_the_same_call(post: Post, call: InboundCall) -> None:
    for hook in [*reversed(call.whole()), *call.whole()]:
        assert post(hook) in (200, 204)
    with session_factory()() as session:
        found = stored(session)
        assert (found.state, found.ended_at) == ("ended", call.ended_at)
        assert len(ends(session, found)) == 1
        assert reports(session) == 6


def test_reports_at_the_same_moment_make_one_call(post: Post, call: InboundCall) -> None:
    hooks = call.whole() * 3
    gate = threading.Barrier(len(hooks))

    def deliver(hook: Webhook) -> int:
        gate.wait()
        return post(hook)

    with ThreadPoolExecutor(len(hooks)) as pool:
        assert set(pool.map(deliver, hooks)) == {200, 204}
    with session_factory()() as session:
        found = stored(session)
        assert found.state == "ended"
        assert len(ends(session, found)) == 1


def file(call_id: UUID) -> UUID:
    with unit_of_work(system_actor(1, "test")) as uow:
        return file_ticket(uow, NewTicket("fault_repair", "phone", call_id=call_id))


def clock(ticket_id: UUID) -> datetime | None:
    with session_factory()() as session:
        return session.get_one(Ticket, (1, ticket_id)).clock_started_at


@pytest.mark.parametrize("filed", ["while talking", "after the call"])
def test_point_a_is_the_carriers_end(post: Post, call: InboundCall, filed: str) -> None:
    post(call.voice())
    with session_factory()() as session:
        call_id = stored(session).id
    if filed == "while talking":
        ticket_id = file(call_id)
        assert clock(ticket_id) is None
    post(call.completed())
    if filed == "after the call":
        ticket_id = file(call_id)
    outbox.run_due_subscribers()
    assert clock(ticket_id) == call.ended_at


def send(client: httpx.Client, hook: Webhook) -> int:
    """Deliver it, and leave the telling for later."""
    return client.post(hook.path, content=hook.body, headers=hook.headers(BASE)).status_code


def test_a_call_cannot_end_unseen_while_a_ticket_is_filed(
    client: httpx.Client, post: Post, call: InboundCall
) -> None:
    post(call.voice())
    with unit_of_work(system_actor(1, "test")) as uow:
        call_id = stored(uow.session).id
        end = service.end_of_call(uow, call_id)
        assert end is not None
        assert end.at is None
        assert send(client, call.completed()) == 204
        assert teller.turn() == (0, True), "it waits for who files"
    assert teller.turn() == (1, False)
    with unit_of_work(system_actor(1, "test")) as uow:
        end = service.end_of_call(uow, call_id)
        assert end is not None
        assert (end.at, end.uncertainty_s) == (call.ended_at, 1.0)


def test_no_such_call(client: httpx.Client) -> None:
    with unit_of_work(system_actor(1, "test")) as uow:
        assert service.end_of_call(uow, UUID(int=1)) is None


def test_the_dialled_number_tells_the_organisation(post: Post, call: InboundCall) -> None:
    add_organisation(2, HOTLINE)
    assert post(call.voice()) == 200
    other = InboundCall(2, call.began, to_number="+861012345")
    assert post(other.voice()) == 404
    with session_factory()() as session:
        assert stored(session).org_id == 2
        session.execute(text("DELETE FROM phone_number"))
        session.commit()
    assert post(call.completed()) == 204, "a known call stays where it is"


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        (lambda hook: (hook.without("CallSid"), {}), 422, "invalid_field"),
        (lambda hook: (hook.with_(CallStatus="?"), {}), 422, "invalid_field"),
        (lambda hook: (hook.with_(To="9" * 500), {}), 422, "invalid_field"),
        (lambda hook: (hook.with_(To="../flows/x"), {}), 422, "invalid_field"),
        (lambda hook: (hook, {"X-Twilio-Signature": "x"}), 403, "bad_signature"),
        (lambda hook: (hook, {"Content-Type": "application/json"}), 415, "webhook_not_form"),
        (lambda hook: (hook.with_(Junk="x" * 70_000), {}), 413, "webhook_too_large"),
    ],
)
def test_bad_input_gets_a_clear_answer(
    client: httpx.Client,
    call: InboundCall,
    spoil: Callable[[Webhook], tuple[Webhook, dict[str, str]]],
    status: int,
    code: str,
) -> None:
    for whole in (call.voice(), call.completed(), call.left_queue()):
        hook, headers = spoil(whole)
        answer = client.post(hook.path, content=hook.body, headers=hook.headers(BASE) | headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    with session_factory()() as session:
        assert session.scalar(select(func.count()).select_from(Call)) == 0


def test_the_query_is_signed_as_it_was_sent(post: Post, client: httpx.Client) -> None:
    call = InboundCall(3, datetime(2024, 7, 1, 8, 0, tzinfo=UTC))
    plain = call.completed()
    hook = Webhook(plain.path + "?b=%E6%B4%BE&a=1", plain.params)
    headers = hook.headers(BASE)
    turned = client.post(plain.path + "?a=1&b=%E6%B4%BE", content=hook.body, headers=headers)
    assert turned.status_code == 403
    assert post(hook) == 204
