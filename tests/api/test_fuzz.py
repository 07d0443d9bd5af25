"""Requests made from the published document, good and bad: never a 5xx, always a named reason."""

import json
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation

from tests.api.rights import PUBLIC, ROLES, TABLE
from tests.depth import examples
from tests.office import Office

DOCUMENT = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8")
)
SKIPPED = {"POST /api/logout", "POST /api/login"}  # they end sessions, or lock logins
OPERATIONS = sorted(
    f"{method.upper()} {path}"
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if path.startswith("/api/") and f"{method.upper()} {path}" not in SKIPPED
)
ODD = st.sampled_from(["\x00", "a\x00b", "\ud800", "", " ", "💡" * 50, "x" * 5_000, "٣", "\u202e"])


@cache
def operations() -> dict[str, APIOperation[Any, Any, Any, Any]]:
    """Every operation of the document by its label; reading the document is the costly part."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    return {one.label: one for one in (found.ok() for found in schema.get_all_operations())}


@cache
def ids(office_url: str) -> dict[str, str]:
    """Filled by the test: an order and an assignment that are there."""
    return {}


def send(office: Office, label: str, case: Any, data: st.DataObject) -> httpx.Response:
    method, _, template = label.partition(" ")
    letter = next(one for one in TABLE.get(label, "A") if one != "-")
    path = template
    for name, value in (case.path_parameters or {}).items():
        real = ids(office.url).get(name, str(uuid.uuid4()))
        chosen = real if data.draw(st.booleans()) else str(value)
        quoted = "".join(f"%{byte:02X}" for byte in chosen.encode("utf-8", "replace"))
        path = path.replace("{" + name + "}", quoted)
    query = {name: str(value) for name, value in (case.query or {}).items()}
    if query and data.draw(st.integers(0, 9)) == 0:
        query[next(iter(query))] = data.draw(ODD).encode("utf-8", "replace").decode()
    body = case.body
    if isinstance(body, dict) and body and data.draw(st.integers(0, 3)) == 0:
        body = {**body, data.draw(st.sampled_from(sorted(body))): data.draw(ODD)}
    content = None
    if method == "POST" and not isinstance(body, schemathesis.core.NotSet):
        content = json.dumps(body, default=str).encode()
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
    client = office.person(ROLES[letter]).http
    return client.request(method, path, params=query, content=content, headers=headers)


def can_be_wrong(label: str) -> bool:
    """Whether the document forbids anything: any text will do as a plain word of the path."""
    method, _, path = label.partition(" ")
    known = DOCUMENT["paths"][path][method.lower()]
    schemas = [one["schema"] for one in known.get("parameters", ()) if one["in"] != "header"]
    return "requestBody" in known or any(
        set(schema) - {"title", "description"} != {"type"} or schema["type"] != "string"
        for schema in schemas
    )


CASES = [
    (label, mode)
    for label in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or can_be_wrong(label)
]


@pytest.mark.parametrize(("label", "mode"), CASES)
def test_whatever_comes_the_answer_is_clear(
    office: Office, label: str, mode: GenerationMode
) -> None:
    if not ids(office.url):
        row = office.sent("east-1")
        ids(office.url).update(order_id=row["id"], assignment_id=row["assignment"]["id"])
    assert label in TABLE or label in PUBLIC, "test_rights.py names every route"
    strategy = operations()[label].as_strategy(generation_mode=mode)

    @settings(
        max_examples=examples(6),
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy, st.data())
    def run(case: Any, data: st.DataObject) -> None:
        answer = send(office, label, case, data)
        assert answer.status_code < 500, answer.text
        assert answer.status_code not in (401, 403), answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            assert problem["status"] == answer.status_code
            assert problem["detail"]
            if problem["code"] == "invalid_field":
                assert problem["errors"]
                assert all(one["field"] and one["message"] for one in problem["errors"])

    run()


def test_the_document_is_the_applications(office: Office) -> None:
    assert office.person("lead").get("/api/openapi.json") == DOCUMENT


def answerable(label: str, queries: Mapping[str, Any]) -> bool:
    """Whether the test knows all that the question needs; the rest has tests of its own."""
    known = DOCUMENT["paths"][label.partition(" ")[2]]["get"].get("parameters", ())
    needed = {one["name"] for one in known if one["required"]}
    return needed <= {"order_id", *queries.get(label, ())}


def test_answers_fit_the_document(office: Office) -> None:
    """Real answers against the response schemas of the document."""
    row = office.sent("west-1")
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    people = {"GET /api/queue": "west.crew1"}
    queries: dict[str, dict[str, str]] = {
        "GET /api/callers": {"number": "13900001111"},
        "GET /api/routing": {"fault_code": "other"},
        "GET /api/search": {"q": "east"},
        "GET /api/locate": {"q": "east"},
        "GET /api/duplicates": {"lat": "31.2", "lon": "121.4"},
    }
    for label in OPERATIONS:
        method, _, path = label.partition(" ")
        if method == "GET" and "/reports/" not in path and "outbox" not in path:
            if label in PUBLIC or not answerable(label, queries):
                continue
            address = path.format(order_id=row["id"])
            cells = TABLE[label]
            reader = "supervisor" if "S" in cells else ROLES[cells.replace("-", "")[0]]
            person = office.person(people.get(label, reader))
            answer = person.http.get(address, params=queries.get(label))
            assert answer.status_code == 200, label
            schema[path][method].validate_response(answer)
