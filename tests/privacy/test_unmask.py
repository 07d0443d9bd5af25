"""Looking at one masked value: once, with a reason, logged, not too often."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from api.verify import verify
from core.db import read_session, session_factory
from core.models import Event, Idempotency
from core.settings import settings
from dispatch.privacy.models import Unmasking
from dispatch.privacy.words import FIELDS
from dispatch.starter import ORG_ID
from tests.office import Office, query
from tests.people import Refused
from tests.privacy.planting import (
    ADDRESS,
    ADDRESS_EN,
    CALLER,
    NAME,
    NAME_EN,
    PHONE,
    SECRETS,
    WORDS,
    Planted,
    plant,
)

WHY = {"reason_code": "call_back"}


def wanted(planted: Planted) -> dict[tuple[str, str], tuple[str, str | None, str | None]]:
    """(entity, field) → id of the record, value, value in English."""
    return {
        ("customer", "name"): (planted.customer, NAME, NAME_EN),
        ("phone", "number"): (planted.phone, PHONE, None),
        ("premise", "address"): (planted.premise, ADDRESS, ADDRESS_EN),
        ("ticket", "caller_name"): (planted.ticket, CALLER, None),
        ("ticket", "caller_phone"): (planted.ticket, PHONE, None),
        ("ticket", "description"): (planted.ticket, WORDS, None),
        ("order", "place"): (planted.order, ADDRESS, ADDRESS_EN),
        ("call", "from_number"): (planted.call, PHONE, None),
    }


def test_every_masked_value_can_be_looked_at_and_is_logged(
    office: Office, planted: Planted
) -> None:
    supervisor = office.person("supervisor")
    for (entity, field), (id_, value, value_en) in wanted(planted).items():
        body = {"entity": entity, "id": id_, "field": field, **WHY}
        seen = supervisor.post("/api/unmask", body)
        assert (seen["value"], seen["value_en"]) == (value, value_en)
        [row] = [one for one in supervisor.get("/api/unmaskings") if one["id"] == seen["id"]]
        assert (row["entity"], row["entity_id"], row["field"]) == (entity, id_, field)
        about = supervisor.get(f"/api/customers/{planted.customer}")["number"]
        if entity in ("customer", "phone"):
            assert (row["number"], row["customer_id"]) == (about, planted.customer)
        if entity in ("ticket", "order"):
            page = supervisor.get(f"/api/{entity}s/{id_}")
            assert (row["number"], row["customer_id"]) == (page[entity]["number"], None)
        if entity == "premise":
            assert row["customer_id"] == planted.customer
        if entity == "call":
            assert (row["number"], row["customer_id"]) == (None, None)
        assert row["by"]["name"] == supervisor.me["user"]["name"]
        assert row["reason_code"] == "call_back"
    with read_session() as session:
        assert list(verify(session, ORG_ID)) == []


def test_a_repetition_is_one_look_and_the_kept_answer_holds_no_value(
    office: Office, planted: Planted
) -> None:
    admin, key = office.person("admin"), str(uuid4())
    body = {"entity": "phone", "id": planted.phone, "field": "number", **WHY}
    first = admin.try_post("/api/unmask", body, key).json()
    assert admin.try_post("/api/unmask", body, key).json() == first
    looks = [one["id"] for one in admin.get("/api/unmaskings") if one["by"]["role"] != "supervisor"]
    assert looks.count(first["id"]) == 1
    kept = query(
        lambda session: session.scalars(select(Idempotency).where(Idempotency.key == key)).one()
    )
    assert kept.response == {"id": first["id"]}
    with session_factory()() as session:
        session.execute(
            text("UPDATE unmasking SET at = at - interval '61 seconds' WHERE id = :id"),
            {"id": first["id"]},
        )
        session.commit()
    late = admin.try_post("/api/unmask", body, key)
    assert late.status_code == 404
    with session_factory()() as session:
        session.execute(
            text("UPDATE unmasking SET at = at + interval '61 seconds' WHERE id = :id"),
            {"id": first["id"]},
        )
        session.commit()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason_code": "other"}, "body.reason_text"),
        ({"reason_code": "other", "reason_text": "  "}, "body.reason_text"),
        ({"reason_code": "curious"}, "body.reason_code"),
        ({"field": "address"}, "body.field"),
        ({"entity": "planet"}, "body.entity"),
        ({"id": "nobody"}, "body.id"),
    ],
)
def test_a_look_without_reason_or_record_is_refused(
    office: Office, planted: Planted, change: dict[str, str], field: str
) -> None:
    body = {"entity": "phone", "id": planted.phone, "field": "number", **WHY, **change}
    with pytest.raises(Refused) as refused:
        office.person("admin").post("/api/unmask", body)
    assert refused.value.status == 422
    assert [one["field"] for one in refused.value.problem["errors"]] == [field]


def test_what_is_not_yours_to_see_is_not_there(office: Office, planted: Planted) -> None:
    """The other centre has neither region nor order; dispatchers see no calls."""
    for login, entity in (
        ("west.desk", "customer"),
        ("west.desk", "phone"),
        ("west.desk", "premise"),
        ("west.desk", "ticket"),
        ("west.desk", "order"),
        ("west.desk", "call"),
        ("east.desk", "call"),
    ):
        field = FIELDS[entity][0]
        body = {"entity": entity, "id": getattr(planted, entity), "field": field, **WHY}
        answer = office.person(login).try_post("/api/unmask", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (login, entity)
    body = {"entity": "ticket", "id": planted.ticket, "field": "caller_name", **WHY}
    assert office.person("east.desk").post("/api/unmask", body)["value"] == CALLER
    phone = {"entity": "phone", "id": planted.phone, "field": "number", **WHY}
    assert office.person("east.desk").post("/api/unmask", phone)["value"] == PHONE
    nobody = {"entity": "customer", "id": str(uuid4()), "field": "name", **WHY}
    assert office.person("admin").try_post("/api/unmask", nobody).status_code == 404


def test_the_words_of_a_reason_are_in_no_event(office: Office, planted: Planted) -> None:
    said = "客户要求核对尾号"
    body = {"entity": "phone", "id": planted.phone, "field": "number"}
    seen = office.person("admin").post(
        "/api/unmask", {**body, "reason_code": "other", "reason_text": said}
    )
    [row] = [
        one for one in office.person("admin").get("/api/unmaskings") if one["id"] == seen["id"]
    ]
    assert row["reason_text"] == said
    found = query(
        lambda session: session.scalars(
            select(Event).where(Event.stream == "privacy", Event.stream_id == seen["id"])
        ).one()
    )
    assert found.payload == {
        "entity": "phone",
        "entity_id": planted.phone,
        "field": "number",
        "reason": "other",
    }
    assert not any(secret in json.dumps(found.payload) for secret in SECRETS)


def test_who_looks_too_often_is_told_when_to_go_on(
    own_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, planted = own_office.person("east.desk2"), plant(own_office)
    body = {"entity": "phone", "id": planted.phone, "field": "number", **WHY}
    monkeypatch.setattr(settings(), "unmask_per_hour", 2)
    for _ in range(2):
        assert desk.post("/api/unmask", body)["value"] == PHONE
    answer = desk.try_post("/api/unmask", body)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_unmaskings")
    assert "60 minutes" in answer.json()["detail"]
    assert "13987654321" not in answer.text
    assert own_office.person("east.desk").post("/api/unmask", body)["value"] == PHONE


def test_an_unmasking_that_was_tampered_with_is_found(own_office: Office) -> None:
    order = own_office.sent("east-1")
    body = {"entity": "order", "id": order["id"], "field": "place", "reason_code": "find_site"}
    own_office.person("supervisor").post("/api/unmask", body)
    with read_session() as session:
        assert list(verify(session, ORG_ID)) == []
    with session_factory()() as session:
        one = session.scalars(select(Unmasking)).one()
        one.reason = "safety"
        values = {c.name: getattr(one, c.name) for c in Unmasking.__table__.columns}
        session.add(Unmasking(**{**values, "id": uuid4()}))
        session.commit()
    with read_session() as session:
        found = list(verify(session, ORG_ID))
    assert any("unmasking" in one and "reason" in one for one in found)
    assert "privacy: 1 rows have no events" in found
