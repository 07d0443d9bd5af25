"""Bad input gets a clear answer that names the field; nothing is a 5xx, nothing is stored."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.office import NEEDS, Office
from tests.people import visitor

TICKET = "/api/tickets"


def send(office: Office, content: bytes, path: str = TICKET, **headers: str) -> httpx.Response:
    more = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json", **headers}
    return office.person("agent").http.post(path, content=content, headers=more)


def refused(answer: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    if field is not None:
        assert field in [one["field"] for one in problem["errors"]]
        assert all(one["message"] for one in problem["errors"])
    return problem


ORDER = {**NEEDS, "ticket_id": str(uuid.UUID(int=1))}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (TICKET, {"kind": "party"}, "body.kind"),
        (TICKET, {"channel": 7}, "body.channel"),
        (TICKET, {"call_id": "not-a-uuid"}, "body.call_id"),
        (TICKET, {"call_id": str(uuid.UUID(int=5))}, "body.call_id"),
        (TICKET, {"caller_name": "x" * 101}, "body.caller_name"),
        (TICKET, {"caller_name": "a\x00b"}, "body.caller_name"),
        (TICKET, {"caller_phone": "\x00"}, "body.caller_phone"),
        (TICKET, {"description": "\ud800"}, "body.description"),
        (TICKET, {"description": "停\x00电"}, "body.description"),
        (TICKET, {"description": ["x"]}, "body.description"),
        (TICKET, {"surprise": 1}, "body.surprise"),
        (TICKET, {}, "body.description"),
        (TICKET, {"channel": "web", "kind": "fault_repair"}, "body.description"),
        (TICKET, {"caller_name": "\u202e\u200f\x07"}, "body.description"),
        (TICKET, {"caller_phone": "not a phone"}, "body.caller_phone"),
        (TICKET, [], "body"),
        (TICKET, "text", "body"),
        (TICKET, None, "body"),
        ("/api/orders", {**ORDER, "place": ""}, "body.place"),
        ("/api/orders", {**ORDER, "place": "   "}, "body.place"),
        ("/api/orders", {**ORDER, "place": "景\x00山"}, "body.place"),
        ("/api/orders", {**ORDER, "place_en": " "}, "body.place_en"),
        ("/api/orders", {**ORDER, "lat": 91}, "body.lat"),
        ("/api/orders", {**ORDER, "lon": "east"}, "body.lon"),
        ("/api/orders", {**ORDER, "urgency": 4}, "body.urgency"),
        ("/api/orders", {**ORDER, "urgency": 10**30}, "body.urgency"),
        ("/api/orders", {**ORDER, "fault_code": "Kein Strom"}, "body.fault_code"),
        ("/api/orders", {**ORDER, "fault_code": "nope"}, "body.fault_code"),
        ("/api/orders", {**ORDER, "trade": "nope"}, "body.trade"),
        ("/api/orders", {**ORDER, "lon": None}, "body.lon"),
        ("/api/orders", {**ORDER, "lat": None}, "body.lat"),
        ("/api/orders", {**ORDER, "lat": 0.0, "lon": 0.0}, "body.lat"),
        ("/api/orders", {**ORDER, "lat": True}, "body.lat"),
        ("/api/orders", {**ORDER, "lat": "39.9"}, "body.lat"),
        ("/api/orders", {**ORDER, "fault_code": "x\n"}, "body.fault_code"),
        ("/api/orders", {**ORDER, "trade": "a\x00"}, "body.trade"),
        ("/api/orders", {**ORDER, "area_class": None}, "body.area_class"),
        ("/api/orders", ORDER, "body.ticket_id"),
    ],
)
def test_a_wrong_field_is_named(office: Office, path: str, body: Any, field: str) -> None:
    refused(send(office, json.dumps(body).encode(), path), 422, field)


def test_a_missing_field_is_named(office: Office) -> None:
    for field in ("ticket_id", "fault_code", "place"):
        body = {name: value for name, value in ORDER.items() if name != field}
        refused(send(office, json.dumps(body).encode(), "/api/orders"), 422, f"body.{field}")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{'channel': 'web'}",
        b'{"channel": "web"} trailing',
        b'{"caller_name": "\xff\xfe"}',
        b"\xff\xfe\x00\xd8",
        b'{"caller_name": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"a\\u0000b": 1}',
        b'{"lat": NaN}',
        b"[" * 5_000,
        b'{"caller_name": ' + b"[" * 100_000,
        b'{"caller_name": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda content: repr(content[:24]),
)
def test_a_body_that_is_no_json_gets_a_clear_answer(office: Office, content: bytes) -> None:
    answer = send(office, content)
    problem = refused(answer, 422 if answer.status_code == 422 else 400)
    assert problem["errors"], "the body is named"
    assert problem["errors"][0]["field"].startswith("body")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(office: Office, number: str) -> None:
    body = json.dumps(ORDER).replace("39.9239", number)
    refused(send(office, body.encode(), "/api/orders"), 422, "body.lat")


def test_a_body_of_another_kind_is_refused(office: Office) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        refused(send(office, b"channel=web", **{"Content-Type": kind}), 422)


def test_a_huge_body_is_refused_announced_or_not(office: Office) -> None:
    whole = b'{"description": "' + b"x" * 1_500_000 + b'"}'

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(whole), 100_000):
            yield whole[start : start + 100_000]

    assert refused(send(office, whole), 413)["code"] == "too_large"
    more = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
    answer = office.person("agent").http.post(TICKET, content=chunks(), headers=more)
    assert refused(answer, 413)["code"] == "too_large"
    assert send(office, b'{"caller_name": "x"}').status_code == 201


@pytest.mark.parametrize("bad", ["not-a-uuid", "0", "%00", "..", "a" * 300, "%F0%28"])
@pytest.mark.parametrize("path", ["/api/orders/{}", "/api/orders/{}/accept"])
def test_a_bad_id_in_the_path_is_named(office: Office, path: str, bad: str) -> None:
    person = office.person("east.desk")
    address = path.format(bad)
    answer = person.try_post(address) if path.endswith("accept") else person.http.get(address)
    assert answer.status_code in (404, 405, 422), answer.text
    problem = refused(answer, answer.status_code)
    if answer.status_code == 422:
        assert [one["field"] for one in problem["errors"]] == ["path.order_id"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "501"}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"limit": "9" * 400}, "query.limit"),
        ({"state": "a\x00b"}, "query.state"),
        ({"state": "dreaming"}, "query.state"),
    ],
)
def test_a_bad_query_is_named(office: Office, params: dict[str, str], field: str) -> None:
    refused(office.person("lead").http.get("/api/orders", params=params), 422, field)


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "1900-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
        "2026-01-01T00:00:00",
        "yesterday",
        -62135596800,
        1e30,
        "١٩٩٩-01-01T00:00:00Z",
    ],
)
@pytest.mark.parametrize("act", ["depart", "stamps"])
def test_far_away_and_zoneless_times_are_refused(office: Office, act: str, at: Any) -> None:
    row = _sent(office)
    if act == "depart":
        path, body = f"/api/assignments/{row['assignment']['id']}/depart", {"at": at}
        answer = office.person("south.crew1").try_post(path, body)
    else:
        body = {"point": "A", "at": at, "reason": "test"}
        answer = office.person("supervisor").try_post(f"/api/orders/{row['id']}/stamps", body)
    refused(answer, 422, "body.at")
    page = office.person("lead").get(f"/api/orders/{row['id']}")
    assert page["order"]["version"] == row["version"]


_ROWS: dict[str, dict[str, Any]] = {}


def _sent(office: Office) -> dict[str, Any]:
    """One order for all of these tests: they change nothing. The crew has accepted it."""
    if office.url not in _ROWS:
        row = office.sent("south-1")
        path = f"/api/assignments/{row['assignment']['id']}/accept"
        _ROWS[office.url] = office.person("south.crew1").post(path)
    return _ROWS[office.url]


def test_reports_refuse_what_they_cannot_read(office: Office) -> None:
    fine = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    for wrong, field in (
        ({"from": "yesterday"}, "query.from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "query.from"),
        ({"to": "2025-01-01T00:00:00Z"}, "query.to"),
        ({"by": "moon"}, "query.by"),
        ({"policy": "../../etc/passwd"}, "query.policy"),
        ({"system": "a\x00"}, "query.system"),
    ):
        answer = office.person("lead").http.get("/api/reports/segments", params={**fine, **wrong})
        refused(answer, 422, field)


def test_unknown_addresses_and_methods(office: Office) -> None:
    lead = office.person("lead").http
    refused(lead.get("/api/nothing"), 404)
    refused(lead.get("/api/%7Bid%7D"), 404)
    refused(lead.delete("/api/orders"), 405)
    refused(lead.request("GET", "/api/login"), 405)
    zh = lead.get("/api/nothing", headers={"Accept-Language": "zh-CN,en;q=0.5"}).json()
    assert zh["detail"] == "找不到该地址。"


@pytest.mark.parametrize(
    "body",
    [
        {"login": "a\x00", "password": "x"},
        {"login": "lead", "password": "a\x00"},
        {"login": "", "password": ""},
        {"login": "x" * 201, "password": "x"},
        {"login": {"$ne": 1}, "password": "x"},
        {},
    ],
)
def test_bad_logins(office: Office, body: Any) -> None:
    with visitor(office.url) as client:
        answer = client.post("/api/login", json=body)
    refused(answer, 401 if answer.status_code == 401 else 422)


def test_odd_headers_break_nothing(office: Office) -> None:
    lead = office.person("lead").http
    for headers in (
        [(b"X-Correlation-Id", b"\xff")],
        [(b"X-Correlation-Id", b"x" * 5_000)],
        [(b"Accept-Language", b"\xff\xff;q=x")],
        [(b"Cookie", b"paidan_session=\xff")],
    ):
        assert lead.get("/api/me", headers=headers).status_code in (200, 401)
    csrf = [(b"X-CSRF-Token", "键".encode()), (b"Idempotency-Key", b"k")]
    refused(lead.post(TICKET, json={}, headers=csrf), 403)


def test_fields_are_explained_in_the_readers_language(office: Office) -> None:
    for language, sign in (("zh", "应为以下之一"), ("en", "Input should be")):
        answer = send(office, b'{"kind": "party"}', **{"Accept-Language": language})
        problem = refused(answer, 422, "body.kind")
        assert sign in problem["errors"][0]["message"]
    answer = send(office, b'{"kind": ', **{"Accept-Language": "zh"})
    assert refused(answer, 422, "body")["errors"][0]["message"] == "不是有效的 JSON"


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nonsense", "/supervisor/abc"])
def test_a_wrong_address_in_a_browser_is_a_page_in_both_languages(
    office: Office, path: str
) -> None:
    with visitor(office.url) as client:
        page = client.get(path, headers={"Accept": BROWSER})
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert "找不到该地址" in page.text
    assert "There is nothing at this address" in page.text
    assert 'href="/"' in page.text


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/nonsense", "*/*"), ("/nonsense", "application/json"), ("/api/nonsense", BROWSER)],
)
def test_a_wrong_address_of_a_client_is_a_problem(office: Office, path: str, accept: str) -> None:
    with visitor(office.url) as client:
        problem = refused(client.get(path, headers={"Accept": accept}), 404)
    assert problem["code"] == "not_found"
