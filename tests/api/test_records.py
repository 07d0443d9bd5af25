"""Record rights: a centre sees its own orders, a crew its own, the hotline all; REST and live."""

import uuid
from typing import Any

import pytest
import redis
from sqlalchemy import select

from api.positions import CHANNEL, RECORD
from core.clock import now
from core.db import session_factory
from core.ids import new_id
from core.models import Organisation, Unit, User
from core.settings import settings
from dispatch.crews.models import Vehicle
from dispatch.orders.models import Receipt
from sla import service as sla
from tests.line import Line
from tests.office import Office, open_session, query, unit_id
from tests.people import Person, visitor

CENTRE_ACTS = ("accept", "return", "dispatch")
CREW_ACTS = ("accept", "return", "activate", "depart", "arrive", "restore", "finish")


def status(person: Person, path: str, body: Any = None) -> int:
    answer = person.try_post(path, body)
    if answer.status_code >= 400:
        assert answer.json()["code"] in ("not_found", "invalid_field")
    return answer.status_code


def body_of(office: Office, act: str) -> Any:
    if act == "dispatch":
        return {"crew_id": office.unit("west-1")}
    if act in ("return", "recall"):
        return {"reason": "other"}
    return {} if act in ("depart", "arrive", "restore") else None


def test_another_centres_order_does_not_exist_for_a_centre(office: Office) -> None:
    order = office.sent("east-1")
    west, path = office.person("west.desk"), f"/api/orders/{order['id']}"
    assert west.http.get(path).status_code == 404
    assert order["id"] not in {row["id"] for row in west.get("/api/orders", limit=500)}
    assert order["id"] not in {row["id"] for row in west.get("/api/board")["orders"]}
    for act in CENTRE_ACTS:
        assert status(west, f"{path}/{act}", body_of(office, act)) == 404
    recall = f"/api/assignments/{order['assignment']['id']}/recall"
    assert status(west, recall, {"reason": "other"}) == 404
    unknown = west.http.get(f"/api/orders/{uuid.uuid4()}").json()
    hidden = west.http.get(path).json()
    assert unknown["detail"].split()[:-1] == hidden["detail"].split()[:-1]
    for login in ("agent", "lead", "supervisor", "east.desk", "east.crew1"):
        assert office.person(login).get(path)["order"]["state"] == "assigned"


def test_a_centre_loses_sight_of_what_was_taken_back(office: Office) -> None:
    order = office.released("west")
    west, path = office.person("west.desk"), f"/api/orders/{order['id']}"
    assert west.http.get(path).status_code == 200
    office.person("lead").post(f"{path}/recall", {"reason": "wrong_department"})
    assert west.http.get(path).status_code == 404
    assert status(west, f"{path}/accept") == 404


def test_a_crew_cannot_touch_another_crews_assignment(office: Office) -> None:
    order = office.sent("east-1")
    for login in ("east.crew2", "west.crew1"):
        other = office.person(login)
        assert other.http.get(f"/api/orders/{order['id']}").status_code == 404
        assert order["id"] not in {row["id"] for row in other.get("/api/queue")["orders"]}
        for act in CREW_ACTS:
            path = f"/api/assignments/{order['assignment']['id']}/{act}"
            assert status(other, path, body_of(office, act)) == 404
    row = office.person("lead").get(f"/api/orders/{order['id']}")["order"]
    assert row["assignment"]["state"] == "sent"


def test_the_earlier_crew_cannot_act_for_the_later_one(office: Office) -> None:
    order = office.sent("east-1")
    east = office.person("east.desk")
    east.post(f"/api/assignments/{order['assignment']['id']}/recall", {"reason": "other"})
    crew2 = {"crew_id": office.unit("east-2")}
    row = east.post(f"/api/orders/{order['id']}/dispatch", crew2)
    path = f"/api/assignments/{row['assignment']['id']}/accept"
    assert status(office.person("east.crew1"), path) == 404


def test_a_centre_sends_to_its_own_crews_only(office: Office) -> None:
    order = office.released("east")
    answer = office.person("east.desk").try_post(
        f"/api/orders/{order['id']}/dispatch", {"crew_id": office.unit("west-1")}
    )
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["body.crew_id"]


def test_another_centres_alert_cannot_be_acknowledged(office: Office) -> None:
    order = office.released("east")
    sla.sweep(now().replace(year=now().year + 1))
    (alert, *_) = office.person("lead").get(f"/api/orders/{order['id']}")["order"]["alerts"]
    path = f"/api/alerts/{alert['id']}/acknowledge"
    assert status(office.person("west.desk"), path) == 404
    row = office.person("lead").get(f"/api/orders/{order['id']}")["order"]
    assert not any(one["acknowledged"] for one in row["alerts"])
    assert status(office.person("east.desk"), path) == 200


@pytest.mark.parametrize(
    ("login", "topic", "sees"),
    [
        ("supervisor", "board", {"east-1", "east-2", "west-1"}),
        ("east.desk", "board", {"east-1", "east-2"}),
        ("west.desk", "board", {"west-1"}),
        ("east.crew1", "queue", {"east-1"}),
        ("east.crew2", "queue", {"east-2"}),
        ("west.crew1", "queue", {"west-1"}),
    ],
)
def test_live_topics_and_deliveries_hold_ones_own(
    office: Office, login: str, topic: str, sees: set[str]
) -> None:
    person = office.another(login)
    with Line(office.url, office.starter.tokens[login]) as line:
        head = person.get("/api/board" if topic == "board" else "/api/queue")["number"]
        line.subscribe(topic, head)
        line.until(lambda frame: frame["type"] == "heartbeat")
        orders = {office.sent(crew)["id"]: crew for crew in ("east-1", "east-2", "west-1")}
        mine = {id_ for id_, crew in orders.items() if crew in sees}
        seen: set[str] = set()

        def look(frame: dict[str, Any]) -> bool:
            seen.update(item["key"] for item in line.items() if item["entity"] == "order")
            return mine <= seen and frame["type"] == "heartbeat"

        line.until(look)
        assert seen & set(orders) == mine
        centres = {item["value"]["centre_id"] for item in line.items() if item["value"]} - {None}
        assert centres <= {office.unit(crew.partition("-")[0]) for crew in sees}
        delivered = {one["order_id"] for one in line.seen if one["type"] == "deliver"}
        assert delivered & set(orders) <= (mine if login != "supervisor" else set())


def test_positions_reach_the_vehicles_own_centre(office: Office) -> None:
    vehicles = {code: vehicle_of(code) for code in ("east-1", "west-1")}
    lines = {
        login: Line(office.url, office.starter.tokens[login])
        for login in ("supervisor", "east.desk", "west.desk", "east.crew1")
    }
    try:
        for login, line in lines.items():
            line.__enter__()
            line.subscribe("queue" if "crew" in login else "board")
            line.until(lambda frame: frame["type"] == "heartbeat")
        data = b"".join(
            RECORD.pack(one.bytes, 39_900_000, 116_400_000, 0, 0, 0, 0) for one in vehicles.values()
        )
        with redis.Redis.from_url(str(settings().redis_url)) as client:
            while client.publish(f"{CHANNEL}1", data) == 0:
                pass
        for login in ("supervisor", "east.desk", "west.desk"):
            until_binary(lines[login])
        got = {login: carried(line) for login, line in lines.items()}
    finally:
        for line in lines.values():
            line.__exit__()
    assert got["supervisor"] == set(vehicles.values())
    assert got["east.desk"] == {vehicles["east-1"]}
    assert got["west.desk"] == {vehicles["west-1"]}
    assert got["east.crew1"] == set()


def until_binary(line: Line) -> None:
    while not line.binary:
        line.ping()


def carried(line: Line) -> set[uuid.UUID]:
    line.ping()
    return {uuid.UUID(bytes=row[0]) for data in line.binary for row in RECORD.iter_unpack(data)}


def vehicle_of(crew: str) -> uuid.UUID:
    wanted = select(Vehicle.id).where(Vehicle.crew_id == unit_id(crew))
    return uuid.UUID(str(query(lambda session: session.scalars(wanted).one())))


def receipts_of(order_id: str) -> dict[str, Receipt]:
    wanted = select(Receipt).where(Receipt.order_id == uuid.UUID(order_id))
    return {row.hop: row for row in query(lambda session: session.scalars(wanted).all())}


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ("west.desk", "not_found"),
        ("east.crew1", "not_found"),
        ("lead", "forbidden"),
        ("agent", "forbidden"),
        ("supervisor", "forbidden"),
        ("admin", "forbidden"),
    ],
)
def test_only_the_target_confirms_a_delivery(office: Office, login: str, code: str) -> None:
    order = office.released("east")
    receipt = receipts_of(order["id"])["centre"]
    with Line(office.url, office.starter.tokens[login]) as line:
        line.say(type="receipt", receipt_id=str(receipt.id))
        assert line.until(lambda frame: frame["type"] != "pong")["code"] == code
    assert receipts_of(order["id"])["centre"].received_at is None
    assert office.person("lead").get(f"/api/orders/{order['id']}")["order"]["points"]["C"] is None


def test_another_crew_cannot_confirm_a_crews_delivery(office: Office) -> None:
    order = office.sent("east-1")
    receipt = receipts_of(order["id"])["crew"]
    for login in ("east.crew2", "east.desk"):
        with Line(office.url, office.starter.tokens[login]) as line:
            line.say(type="receipt", receipt_id=str(receipt.id))
            line.until(lambda frame: frame.get("code") == "not_found")
    assert receipts_of(order["id"])["crew"].received_at is None


def test_another_organisation_sees_nothing_of_this_one(office: Office) -> None:
    token = second_organisation()
    order = office.sent("east-1")
    with visitor(office.url) as client:
        client.cookies.set("paidan_session", token)
        assert client.get("/api/me").json()["user"]["role"] == "supervisor"
        assert client.get("/api/orders").json() == []
        assert client.get(f"/api/orders/{order['id']}").status_code == 404
        board = client.get("/api/board").json()
        assert (board["orders"], board["crews"], board["centres"], board["number"]) == (
            [],
            [],
            [],
            0,
        )
    with Line(office.url, token) as line:
        line.subscribe("board", 0)
        line.until(lambda frame: frame["type"] == "heartbeat")
        office.sent("east-1")
        for _ in range(3):
            line.until(lambda frame: frame["type"] == "heartbeat")
        assert line.items() == []


def second_organisation() -> str:
    """A supervisor of another utility, logged in; the cookie's value."""
    named = {"name_zh": "另一家", "name_en": "Another"}
    with session_factory()() as session:
        session.add(Organisation(id=2, code="two", created_at=now(), **named))
        session.flush()
        unit = Unit(org_id=2, id=new_id(), kind="hotline", code="h", site="h", **named)
        session.add(unit)
        session.flush()
        place = {"org_id": 2, "unit_id": unit.id, "password_hash": "-", "role": "supervisor"}
        user = User(id=new_id(), login="two", name="二", **place)
        session.add(user)
        session.flush()
        token = open_session(session, user)
        session.commit()
    return token
