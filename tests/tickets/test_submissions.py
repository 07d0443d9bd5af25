"""Requests that nobody at a desk takes: the public form, short messages, partners' systems."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.verify import verify
from core.clock import real_now
from core.db import read_session
from core.engines import EngineUrls
from core.settings import settings
from dispatch.tickets.models import Submission, Ticket
from tests.office import Office, Starter, open_office, query
from tests.people import visitor
from tests.telephony.carrier import ACCOUNT, CALLER, HOTLINE, Webhook

SECRET = "partner-secret"
FORM = {"phone": "138 0013 8000", "words": "整栋楼停电", "place": "景山街道"}


@pytest.fixture(scope="module")
def office(
    engines: EngineUrls, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    chosen = {
        "partner_secret": SECRET,
        "public_tickets_per_hour": "3",
        "public_url": "http://paidan.example",
    }
    folder: Path = tmp_path_factory.mktemp("office")
    with open_office(engines, starter, folder, **chosen) as opened:
        yield opened


@pytest.fixture
def anybody(office: Office) -> Iterator[httpx.Client]:
    with visitor(office.url) as client:
        yield client


def handed_in(
    client: httpx.Client, body: Any = None, key: str | None = None, address: str = "203.0.113.7"
) -> httpx.Response:
    """The form from some address, as a proxy on this machine tells it."""
    headers = {"Idempotency-Key": key or str(uuid.uuid4()), "X-Forwarded-For": address}
    return client.post("/api/public/tickets", json=body or FORM, headers=headers)


def ticket(number: str) -> Ticket:
    wanted = select(Ticket).where(Ticket.number == number)
    return query(lambda session: session.scalars(wanted).one())


def test_the_form_makes_the_same_ticket_and_its_clock_runs(anybody: httpx.Client) -> None:
    answer = handed_in(anybody)
    assert answer.status_code == 201
    told = answer.json()
    assert told["next_zh"]
    assert told["next_en"]
    row = ticket(told["number"])
    assert (row.channel, row.kind, row.state) == ("web", "fault_repair", "open")
    assert row.caller_phone == "+8613800138000"
    assert row.clock_started_at == row.filed_at


def test_sent_again_it_is_there_once(anybody: httpx.Client) -> None:
    key = str(uuid.uuid4())
    first, second = (handed_in(anybody, key=key, address="203.0.113.8") for _ in range(2))
    assert first.json()["number"] == second.json()["number"]


def test_an_address_has_its_limit_and_others_have_their_own(anybody: httpx.Client) -> None:
    for _ in range(3):
        assert handed_in(anybody, address="203.0.113.9").status_code == 201
    refused = handed_in(anybody, address="203.0.113.9")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_submissions")
    assert int(refused.headers["retry-after"]) > 0
    assert handed_in(anybody, address="203.0.113.10").status_code == 201


def test_addresses_are_not_kept(anybody: httpx.Client) -> None:
    handed_in(anybody, address="203.0.113.11")
    kept = query(lambda session: session.execute(select(Submission.origin, Submission.key)).all())
    assert not any("203.0.113" in one or CALLER in one for row in kept for one in row)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"website": "http://spam.example"}, "body.website"),
        ({"phone": "none at all"}, "body.phone"),
        ({"words": " "}, "body.words"),
        ({"org_id": 1}, "body.org_id"),
    ],
)
def test_what_the_form_refuses(anybody: httpx.Client, change: dict[str, Any], field: str) -> None:
    answer = handed_in(anybody, FORM | change, address="203.0.113.12")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def partner(
    client: httpx.Client, secret: str = SECRET, age_s: int = 0, key: str | None = None, **body: Any
) -> httpx.Response:
    content = json.dumps({"words": "用户反映停电", **body}).encode()
    at = str(int(real_now().timestamp()) - age_s)
    digest = hmac.new(secret.encode(), at.encode() + b"." + content, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key or str(uuid.uuid4()),
        "X-Paidan-Signature": f"t={at},v1={digest}",
    }
    return client.post("/api/partner/tickets", content=content, headers=headers)


def test_a_partner_hands_in_with_a_signature(anybody: httpx.Client) -> None:
    answer = partner(anybody, kind="complaint", key="order-7")
    assert answer.status_code == 201
    assert (row := ticket(answer.json()["number"])).channel == "api"
    assert row.kind == "complaint"
    assert partner(anybody, kind="complaint", key="order-7").json() == answer.json()


@pytest.mark.parametrize(("secret", "age_s"), [("wrong", 0), (SECRET, 400), (SECRET, -400)])
def test_without_a_fresh_signature_nothing_is_taken(
    anybody: httpx.Client, secret: str, age_s: int
) -> None:
    answer = partner(anybody, secret, age_s)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_partner_signature")


@pytest.mark.parametrize("header", [None, "", "t=x,v1=y", "v1=", "t=1", "t=１２,v1=a"])
def test_an_odd_signature_is_no_fault_of_ours(anybody: httpx.Client, header: str | None) -> None:
    headers = {b"Idempotency-Key": b"odd"}
    if header is not None:
        headers[b"X-Paidan-Signature"] = header.encode()
    answer = anybody.post("/api/partner/tickets", json={"words": "x"}, headers=headers)
    assert answer.status_code == 403


def message(number: int = 1, text: str = "我家停电了") -> Webhook:
    params = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "From": CALLER,
        "To": HOTLINE,
        "Body": text,
        "NumMedia": "0",
    }
    return Webhook("/telephony/twilio/sms", tuple(params.items()))


def sms(client: httpx.Client, hook: Webhook, base: str = "http://paidan.example") -> httpx.Response:
    return client.post(hook.path, content=hook.body, headers=hook.headers(base))


def test_a_short_message_is_a_ticket_once_and_is_answered(anybody: httpx.Client) -> None:
    first, second = (sms(anybody, message()) for _ in range(2))
    assert first.status_code == 200
    assert first.headers["content-type"].startswith("text/xml")
    assert first.text == second.text
    wanted = select(Ticket).where(Ticket.channel == "sms")
    row = query(lambda session: session.scalars(wanted).one())
    assert (row.caller_phone, row.description) == (CALLER, "我家停电了")
    assert str(row.number) in first.text
    assert row.clock_started_at is not None


def test_who_writes_in_english_is_answered_in_english(anybody: httpx.Client) -> None:
    answer = sms(anybody, message(4, "No power in Jingshan street").with_(From="+8613800138009"))
    assert "Your report is here." in answer.text
    assert "已收到" not in answer.text


def test_a_message_without_the_carriers_signature_is_refused(anybody: httpx.Client) -> None:
    answer = sms(anybody, message(2), "http://elsewhere.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_signature")
    odd = message(3).with_(MessageSid="SM1")
    assert sms(anybody, odd).status_code == 422


def test_the_form_can_be_off(anybody: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIDAN_PUBLIC_TICKETS", "false")
    monkeypatch.delenv("PAIDAN_PARTNER_SECRET")
    settings.cache_clear()
    assert handed_in(anybody).json()["code"] == "public_form_off"
    assert partner(anybody).json()["code"] == "partners_off"
    monkeypatch.undo()
    settings.cache_clear()
    assert partner(anybody).status_code == 201


def test_the_facts_hold_together(office: Office) -> None:
    with read_session() as session:
        assert list(verify(session, 1)) == []
