"""Every route and live topic against one table of rights, by real requests of every role."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.live import TOPICS
from core.identity import Principal
from tests.api.rights import (
    BODILESS,
    DENIALS,
    LAST_MONTH,
    LIVE,
    OPEN_WRITES,
    ORGANISATION,
    PUBLIC,
    ROLES,
    SIGNED,
    SOCKETS,
    TABLE,
)
from tests.line import Line
from tests.office import NEEDS, Office
from tests.people import visitor


def served(office: Office) -> tuple[set[str], set[str]]:
    """What the application serves: "METHOD /path" of all routes, and paths of sockets."""
    routes, sockets = set(), set()
    for one in iter_route_contexts(office.app.routes):
        assert one.path is not None
        if type(one.original_route).__name__ == "APIWebSocketRoute":
            sockets.add(one.path)
        elif one.methods is None:
            routes.add(f"GET {one.path}")
        else:
            routes.update(f"{method} {one.path}" for method in one.methods - {"HEAD"})
    return routes, sockets


def missing(office: Office) -> set[str]:
    """Routes, sockets and topics that the tables do not name, or that are not there."""
    routes, sockets = served(office)
    known = set(TABLE) | PUBLIC | SIGNED
    return (routes ^ known) | (sockets ^ SOCKETS) | (set(TOPICS) ^ set(LIVE))


def organisation_bodies(office: Office) -> dict[str, Any]:
    """Bodies in order, by the last part of the path; those of nobody there change nothing."""
    crew, centre = office.unit("east-1"), office.unit("east")
    unit = {"kind": "crew", "code": "x", "name_zh": "甲", "name_en": "X", "site": "x"}
    user = {"login": "x.y", "name": "X", "role": "dispatcher", "unit_id": centre}
    device = {"identity": "77", "vehicle_id": str(uuid.uuid4())}
    round_ = {"kind": "circle", "lat": 39.9, "lon": 116.3, "radius_m": 0}
    fence = {"code": "x", "name_zh": "甲", "name_en": "X", "purpose": "base", "shape": round_}
    member = {"unit_id": crew, "name": "X", "staff_number": "X1", "leader_rank": 1}
    times = {"starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}
    shift = {"unit_id": crew, "kind": "day", **times}
    days = {"first": "2026-01-02", "last": "2026-01-01", "begins": "08:00", "ends": "20:00"}
    seen = {"version": 7}
    return {
        "units": {**unit, "parent_id": str(uuid.uuid4())},
        "{unit_id}": {**unit, **seen},
        "deactivate": {"reason": "other", **seen},
        "users": {**user, "unit_id": crew},
        "{user_id}": {**user, **seen},
        "password": seen,
        "vehicles": {"plate": "X", "crew_id": str(uuid.uuid4())},
        "{vehicle_id}": {"plate": "X", **seen},
        "devices": device,
        "{device_id}": {**device, **seen},
        "members": {**member, "phone": "none"},
        "{member_id}": {**member, **seen},
        "shifts": shift,
        "fences": fence,
        "{fence_id}": {**fence, **seen},
        "{shift_id}": {**shift, **seen},
        "pattern": {"unit_id": crew, "kind": "day", "weekdays": [0], **days},
        "remove": seen,
        "{contest_id}": {"ruling": "dismissed"},
        "ignore": {"protocol": "jt808", "identity": "1"},
        "code": seen,
        "forget-capability": seen,
    }


class Requests:
    """A request that is in order in all but, perhaps, the right to make it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        order = office.sent("east-1")
        self.ids = {
            "order_id": order["id"],
            "assignment_id": order["assignment"]["id"],
            "alert_id": str(uuid.uuid4()),
            "crew_id": office.unit("east-1"),
            "outbox_id": str(uuid.uuid4()),
            "row_id": str(uuid.uuid4()),
            "call_id": str(uuid.uuid4()),
            "offer_id": str(uuid.uuid4()),
            "callback_id": str(uuid.uuid4()),
            "customer_id": str(uuid.uuid4()),
            "note_id": str(uuid.uuid4()),
            "node_id": str(uuid.uuid4()),
            "phone_id": str(uuid.uuid4()),
            **{f"{one}_id": str(uuid.uuid4()) for one in ORGANISATION},
            "run_id": str(uuid.uuid4()),
            "kind": "regions",
            "hold_id": str(uuid.uuid4()),
            "help_id": str(uuid.uuid4()),
            "suppression_id": str(uuid.uuid4()),
            "campaign_id": str(uuid.uuid4()),
            "act": "cancel",
            "announcement_id": str(uuid.uuid4()),
            "number_id": str(uuid.uuid4()),
            "contest_id": str(uuid.uuid4()),
            "review_id": str(uuid.uuid4()),
            "anomaly_id": str(uuid.uuid4()),
            "fault_code": "no_power_home",
            "proposal_id": str(uuid.uuid4()),
            "ticket_id": str(uuid.uuid4()),
            "attachment_id": str(uuid.uuid4()),
            "follow_up_id": str(uuid.uuid4()),
            "code": "enquiries",
            "version": "1",
            "recording_id": str(uuid.uuid4()),
        }
        notice = {"template": "restored", "values": {"area": "x"}, "scope": "node"}
        notice["scope_id"] = str(uuid.uuid4())
        self.bodies: dict[str, Any] = {
            "tickets": {"channel": "web", "caller_name": "王女士"},
            "orders": {**NEEDS, "ticket_id": str(uuid.uuid4())},
            "release": {"centre_id": office.unit("west")},
            "dispatch": {"crew_id": office.unit("east-2")},
            "close": {"outcome": "repaired"},
            "recall": {"reason": "other"},
            "return": {"reason": "other"},
            "stamps": {"point": "A", "at": "2026-01-01T00:00:00Z", "reason": "test"},
            "place": {"lat": 39.92, "lon": 116.4},
            "refuse": {"reason": "other"},
            "state": {"state": "offline"},
            "phone": {"phone": "client:x"},
            "extend": {"seconds": 1},
            "consult": {"number": "+8616410000137"},
            "add": {"number": "+8616410000137"},
            "recording": {"act": "pause"},
            "listen": {"reason": "complaint"},
            "keep": {"words": "诉讼"},
            "erase": {"words": "来电人要求删除"},
            "settle": {"outcome": "reached"},
            "disposition": {"disposition": "answered"},
            "supervise": {"mode": "stop"},
            "reschedule": {"at": "2026-01-01T00:00:00Z"},
            "merge": {"order_id": order["id"]},
            "unmerge": {},
            "relate": {"ticket_id": str(uuid.uuid4())},
            "unrelate": {"ticket_id": str(uuid.uuid4())},
            "transfer": {"unit_id": office.unit("west")},
            "contact": {},
            "answer": {"words": "已答复"},
            "reopen": {"reason": "other"},
            "attachments": {},
            "claim": {},
            "tries": {"outcome": "not_reached"},
            "chase-ups": {"ticket_id": str(uuid.uuid4())},
            "follow-on": {"kind": "other_trade", "trade": "any", "reason": "换工种"},
            "holds": {"kind": "no_access"},
            "appeal": {"reason": "other", "words": "道路封闭"},
            "rule": {"ruling": "upheld", "words": "属实"},
            "explain": {"reason": "other"},
            "hold": {"kind": "no_access"},
            "depart": {},
            "arrive": {},
            "restore": {},
            "away": {"reason": "meal"},
            "back": {},
            "positions": {
                "device": str(uuid.uuid4()),
                "sent_at": "2026-01-01T00:00:00Z",
                "positions": [{"at": "2026-01-01T00:00:00Z", "lat": 39.92, "lon": 116.4}],
            },
            "correct": {"importance": "first"},
            "preview": notice,
            "suppressions": {"number": "x", "scopes": ["notice"], "reason": "x"},
            "language": {"language": "xx"},
            "campaigns": {**notice, "reason": "跳闸", "useful_hours": 1},
            "announcement": {"zh": "台风", "en": "Typhoon"},
            "numbers": {"number": "+8616410000137"},
            "{number_id}": {"label": "报修"},
            "notes": {"words": "门禁找物业"},
            "pin": {"pinned": True},
            "hide": {"reason": "写错客户"},
            "phones": {"number": "+8616410000137"},
            "verify": {"verified": True},
            "unmask": {
                "entity": "order",
                "id": order["id"],
                "field": "place",
                "reason_code": "find_site",
            },
            **organisation_bodies(office),
            "rows": {"centre_id": office.unit("east")},
            "{row_id}": {"centre_id": office.unit("east"), "version": 1},
            "remove": {"version": 1},
            "what-if": {"policy": "beijing", **LAST_MONTH},
            "policies": {"document": "code ="},
            "validate": {"document": "code ="},
            "diff": {"before": {"code": "beijing"}, "after": {"code": "complaints"}},
            "calendars": {"document": "code ="},
            "settings": {"release_after_s": None, "desk_grace_s": 5.0, "version": 0},
        }

    def send(self, client: httpx.Client, route: str, **headers: str) -> httpx.Response:
        method, _, path = route.partition(" ")
        last = path.rpartition("/")[2]
        params = {**LAST_MONTH, "code": "AH"} if path.startswith("/api/reports/") else None
        params = {"number": "+8616410000137"} if path == "/api/callers" else params
        params = {"id": str(uuid.uuid4())} if path == "/api/customers" else params
        params = {"q": "12"} if path == "/api/search" else params
        timed = ("/api/shifts", "/api/sla/calibration", "/api/fleet/heat")
        of_vehicle = ("/api/vehicles/{vehicle_id}/movements", "/api/vehicles/{vehicle_id}/track")
        params = LAST_MONTH if path in (*timed, *of_vehicle) else params
        params = {"q": "NONE"} if path == "/api/locate" else params
        params = {"fault_code": "other"} if path == "/api/routing" else params
        if method == "POST" and last not in self.bodies:
            assert last in BODILESS
        return client.request(
            method,
            path.format(**self.ids),
            json=self.bodies.get(last) if method == "POST" else None,
            params=params,
            headers={"Idempotency-Key": str(uuid.uuid4()), **headers},
        )


def live_answer(office: Office, login: str, topic: str) -> str:
    """`heartbeat` where the topic may be followed, else the code of the error."""
    with Line(office.url, office.starter.tokens[login]) as line:
        line.subscribe(topic)
        frame = line.until(lambda one: one["type"] in ("heartbeat", "error"))
        return str(frame.get("code", frame["type"]))


def findings(office: Office, *, denials_only: bool = False) -> Iterator[str]:
    """Where the running application does other than the tables say."""
    for topic, cells in LIVE.items():
        for letter, login in ROLES.items():
            if denials_only and letter in cells:
                continue
            answer = live_answer(office, login, topic)
            if answer != ("heartbeat" if letter in cells else "forbidden"):
                yield f"{login} live {topic}: {answer}"
    people = {letter: office.person(login) for letter, login in ROLES.items()}
    requests = Requests(office)
    for route, cells in TABLE.items():
        for letter, person in people.items():
            if denials_only and letter in cells:
                continue
            answer = requests.send(person.http, route)
            status = answer.status_code
            denied = status == 403 and answer.json()["code"] == "forbidden"
            if denied == (letter in cells) or status == 401 or status >= 500:
                yield f"{ROLES[letter]} {route}: {status}"


def test_the_table_names_every_route_and_topic_and_denies(office: Office) -> None:
    assert missing(office) == set()
    assert DENIALS > 80
    assert all(set(cells) <= {*ROLES, "-"} for cells in (*TABLE.values(), *LIVE.values()))


def test_a_route_that_the_table_does_not_name_is_found(own_office: Office) -> None:
    own_office.app.get("/api/new")(lambda: {})
    assert missing(own_office) == {"GET /api/new"}


def test_every_role_gets_what_the_table_says(own_office: Office) -> None:
    assert list(findings(own_office)) == []


def test_allow_all_is_found_at_every_denial(
    own_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Principal, "may", lambda _self, _right: True)
    found = list(findings(own_office, denials_only=True))
    assert len(found) == DENIALS
    assert "agent POST /api/orders/{order_id}/release: 409" in found
    assert "east.crew1 live board: heartbeat" in found


def test_nobody_gets_in_without_a_login(office: Office) -> None:
    requests = Requests(office)
    with visitor(office.url) as nobody:
        for cookie in (None, "paidan_session=stolen"):
            headers = {"Cookie": cookie} if cookie else {}
            for route in TABLE:
                answer = requests.send(nobody, route, **headers)
                assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
                assert answer.headers["content-type"] == "application/problem+json"
        for route in PUBLIC - OPEN_WRITES - {"GET /assets"}:
            assert requests.send(nobody, route).status_code == 200
        for route in SIGNED:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = nobody.post(route.partition(" ")[2], content=b"CallSid=x", headers=form)
            assert answer.status_code == 403
    for token in (None, "stolen"):
        with Line(office.url, token) as line:
            assert line.closed() == 4401


def test_no_write_without_the_csrf_token_of_the_session(office: Office) -> None:
    requests = Requests(office)
    others = office.person("supervisor").me["csrf_token"]
    for route, cells in TABLE.items():
        if route.startswith("GET"):
            continue
        letter = next(letter for letter in cells if letter != "-")
        token = office.starter.tokens[ROLES[letter]]
        with visitor(office.url) as client:
            client.cookies.set("paidan_session", token)
            wrong = others if letter != "S" else office.person("admin").me["csrf_token"]
            for headers in ({}, {"X-CSRF-Token": wrong}, {"X-CSRF-Token": ""}):
                answer = requests.send(client, route, **headers)
                assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), route


def test_a_page_of_another_origin_cannot_use_the_cookie_live(office: Office) -> None:
    token = office.starter.tokens["lead"]
    with Line(office.url, token, Origin="https://elsewhere.example") as line:
        assert line.closed() == 4403
    with Line(office.url, token, Origin=office.url) as line:
        line.ping()
