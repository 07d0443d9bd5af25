"""One key, one piece of work: repeated, at the same moment, after a lost answer, misused."""

import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from core.models import Event
from dispatch.orders.models import Order
from dispatch.tickets.models import Ticket
from tests.office import NEEDS, Office, query

TICKET = {"channel": "web", "caller_name": "王女士"}


def count(model: type) -> int:
    return query(lambda session: session.scalars(select(func.count()).select_from(model)).one())


def key() -> str:
    return str(uuid.uuid4())


def test_the_same_key_gets_the_same_answer_and_works_once(office: Office) -> None:
    agent, one = office.person("agent"), key()
    first = agent.try_post("/api/tickets", TICKET, one)
    before = count(Event), count(Ticket)
    again = [agent.try_post("/api/tickets", TICKET, one) for _ in range(3)]
    assert first.status_code == 201
    assert all((one.status_code, one.json()) == (201, first.json()) for one in again)
    assert (count(Event), count(Ticket)) == before
    other = agent.try_post("/api/tickets", TICKET, key())
    assert other.json()["id"] != first.json()["id"]


def test_the_answer_stays_what_it_was_when_the_order_moved_on(office: Office) -> None:
    order, one = office.filed(), key()
    path, body = f"/api/orders/{order['id']}/release", {"centre_id": office.unit("east")}
    first = office.person("lead").try_post(path, body, one)
    office.person("east.desk").post(f"/api/orders/{order['id']}/accept")
    again = office.person("lead").try_post(path, body, one)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.json()["state"] == "released"


@pytest.mark.parametrize("_round", range(5))
def test_the_same_key_at_the_same_moment(office: Office, _round: int) -> None:
    ticket = office.person("agent").post("/api/tickets", TICKET)
    body, one, threads = {**NEEDS, "ticket_id": ticket["id"]}, key(), 6
    gate, before = threading.Barrier(threads), count(Order)

    def file(_: int) -> httpx.Response:
        gate.wait()
        return office.person("agent").try_post("/api/orders", body, one)

    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(file, range(threads)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert count(Order) == before + 1


def test_after_a_lost_answer_the_same_key_brings_it(office: Office) -> None:
    """The line breaks when the request is out and before the answer is in."""
    agent, one, before = office.person("agent"), key(), count(Ticket)
    place = urlsplit(office.url)
    body = b'{"channel": "web", "caller_name": "\xe7\x8e\x8b"}'
    request = (
        f"POST /api/tickets HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Cookie: paidan_session={office.starter.tokens['agent']}\r\n"
        f"X-CSRF-Token: {agent.me['csrf_token']}\r\nIdempotency-Key: {one}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    with socket.create_connection((place.hostname, place.port)) as line:
        line.sendall(request)
        assert line.recv(1)  # the answer is on its way; the rest is never read
    again = agent.try_post("/api/tickets", {"channel": "web", "caller_name": "王"}, one)
    assert again.status_code == 201
    assert count(Ticket) == before + 1
    found = query(lambda session: session.get(Ticket, (1, uuid.UUID(again.json()["id"]))))
    assert found is not None


def test_the_same_key_for_something_else_is_refused(office: Office) -> None:
    agent, one, before = office.person("agent"), key(), count(Ticket)
    assert agent.try_post("/api/tickets", TICKET, one).status_code == 201
    for path, body in (
        ("/api/tickets", {**TICKET, "caller_name": "李先生"}),
        ("/api/orders", {**NEEDS, "ticket_id": key()}),
    ):
        answer = agent.try_post(path, body, one)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert count(Ticket) == before + 1


def test_a_key_belongs_to_its_person(office: Office) -> None:
    one = key()
    mine = office.person("agent").try_post("/api/tickets", TICKET, one)
    others = office.person("lead").try_post("/api/tickets", TICKET, one)
    assert mine.json()["id"] != others.json()["id"]


@pytest.mark.parametrize("bad", [None, "", "x" * 129, "with space", "键"])
def test_a_write_without_a_proper_key_is_refused(office: Office, bad: str | None) -> None:
    before = count(Ticket)
    headers = [] if bad is None else [(b"Idempotency-Key", bad.encode())]
    answer = office.person("agent").http.post("/api/tickets", json=TICKET, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert count(Ticket) == before


def test_a_refused_act_may_be_tried_again_under_its_key(office: Office) -> None:
    """Only what was done is remembered: a conflict leaves the key free."""
    order, one = office.filed(), key()
    path = f"/api/orders/{order['id']}"
    east = {"centre_id": office.unit("east")}
    desk, lead = office.person("east.desk"), office.person("lead")
    lead.post(f"{path}/release", east)
    lead.post(f"{path}/recall", {"reason": "other"})
    assert desk.try_post(f"{path}/accept", None, one).status_code == 404
    lead.post(f"{path}/release", east)
    assert desk.try_post(f"{path}/accept", None, one).status_code == 200
