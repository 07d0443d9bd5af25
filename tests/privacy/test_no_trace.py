"""Personal data is in tables that can be erased: in no event and no log line."""

import json
import logging
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.eventlog import CODES_OF_OTHERS, PayloadNotAllowed, encode
from core.events import REGISTRY, Payload
from core.models import Event, Outbox
from tests.office import Office, query
from tests.privacy.planting import ADDRESS, NAME, PHONE, SECRETS, plant, plant_customer

# The browsers of this test, and what `core.logging` turns off: the addresses of requests.
SILENCED = ("httpx", "httpcore", "uvicorn.access")
DUMMIES: dict[Any, Any] = {
    UUID: uuid4(),
    str: "code",
    int: 1,
    float: 1.0,
    bool: True,
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
}


def texts() -> list[tuple[str, str]]:
    """Every event type with each of its fields that holds text."""
    return [
        (name, field.name)
        for name, cls in REGISTRY.items()
        for field in fields(cls)  # type: ignore[arg-type]
        if kind_of(cls, field.name) is str
    ]


def kind_of(cls: type[Payload], name: str) -> Any:
    hint = get_type_hints(cls)[name]
    return next((kind for kind in get_args(hint) or (hint,) if kind is not type(None)), hint)


def made(cls: type[Payload], **given: str) -> Payload:
    """An event of this type whose fields are all filled."""
    values = {field.name: DUMMIES[kind_of(cls, field.name)] for field in fields(cls)}  # type: ignore[arg-type]
    return cls(**{**values, **given})


@pytest.mark.parametrize(("type_", "field"), texts())
def test_no_field_of_any_event_takes_a_name_an_address_or_a_phone(type_: str, field: str) -> None:
    cls = REGISTRY[type_]
    for secret in (NAME, ADDRESS, "慕容晚晴 13987654321"):
        with pytest.raises(PayloadNotAllowed):
            encode(made(cls, **{field: secret}))
    if field not in CODES_OF_OTHERS:
        for phone in (PHONE, "13987654321", "010 62345678"):
            with pytest.raises(PayloadNotAllowed):
                encode(made(cls, **{field: phone}))


def test_a_whole_chain_leaves_no_trace_in_events_jobs_or_logs(
    own_office: Office, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """From the first webhook to the closed order, with notes, phones, looks and refusals."""
    caplog.set_level(logging.DEBUG)
    mine = plant(own_office)
    agent, lead, crew, supervisor = (
        own_office.person(one) for one in ("agent", "lead", "east.crew1", "supervisor")
    )
    at = f"/api/customers/{mine.customer}"
    note = agent.post(f"{at}/notes", {"words": f"{NAME} {PHONE}"})["notes"][0]["id"]
    agent.post(f"{at}/notes/{note}/hide", {"reason": f"不是 {NAME} 的"})
    agent.post(f"{at}/phones", {"number": "13987654322"})
    agent.try_post(f"{at}/phones", {"number": PHONE})
    agent.try_post(f"{at}/phones", {"number": f"{NAME}"})
    agent.post(f"{at}/correct", {"name_zh": f"{NAME}甲"})
    agent.get("/api/callers", number=PHONE)
    for field in ("caller_name", "caller_phone"):
        body = {"entity": "ticket", "id": mine.ticket, "field": field}
        why = {"reason_code": "other", "reason_text": f"找 {NAME}"}
        supervisor.post("/api/unmask", {**body, **why})
    assignment = crew.get(f"/api/orders/{mine.order}")["order"]["assignment"]["id"]
    for act in ("accept", "depart", "arrive", "restore", "finish"):
        crew.post(f"/api/assignments/{assignment}/{act}", None if act == "accept" else {})
    lead.post(f"/api/orders/{mine.order}/close", {"outcome": "repaired"})
    own_office.turn()

    def told(session: Any) -> list[str]:
        events = [
            json.dumps(one.payload, ensure_ascii=False) for one in session.scalars(select(Event))
        ]
        jobs = [json.dumps(one.body, ensure_ascii=False) for one in session.scalars(select(Outbox))]
        return [*events, *jobs]

    written = query(told)
    assert len(written) > 20
    out, err = capfd.readouterr()
    own = [one for one in caplog.records if not one.name.startswith(SILENCED)]
    lines = [*written, out, err, *(one.getMessage() for one in own)]
    for secret in SECRETS:
        assert not [one for one in lines if secret in one], secret


def test_the_scan_would_see_a_secret(own_office: Office) -> None:
    """Words that are planted are found in the tables where they belong."""
    customer, _, _ = plant_customer()
    found = own_office.person("agent").get(f"/api/customers/{customer}")
    text = json.dumps(found, ensure_ascii=False)
    assert {NAME, ADDRESS, PHONE} <= {one for one in (NAME, ADDRESS, PHONE) if one in text}
