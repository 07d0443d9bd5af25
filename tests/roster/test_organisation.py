"""Units, logins, vehicles and devices kept over the API: once, of the version seen, on record."""

import uuid
from typing import Any

import pytest

from core.db import read_session
from core.eventlog import read_stream
from gps import terminals
from tests.office import Office, unit_id
from tests.people import Person, Refused

Row = dict[str, Any]


def admin(office: Office) -> Any:
    return office.person("admin")


def tree(office: Office, login: str = "admin") -> dict[str, Row]:
    rows = office.person(login).get("/api/organisation")["units"]
    return {row["code"]: row for row in rows}


def values(row: Row, **changes: Any) -> Row:
    """The body that leaves a unit as it is but for `changes`."""
    names = ("kind", "code", "name_zh", "name_en", "site", "parent_id", "phone", "version")
    body = {name: row[name] for name in names}
    if row["kind"] == "crew":
        body |= {"trade": row["trade"], "voltage_classes": row["voltage_classes"]}
    return {**body, **changes}


def change(office: Office, row: Row, **changes: Any) -> Row:
    found: Row = admin(office).post(f"/api/units/{row['id']}", values(row, **changes))
    return found


def made(office: Office, kind: str, code: str, above: str, **more: Any) -> Row:
    body = {"kind": kind, "code": code, "name_zh": code, "name_en": code, "site": code}
    if kind == "crew":
        body["trade"] = "low_voltage"
    row: Row = admin(office).post("/api/units", {**body, "parent_id": office.unit(above), **more})
    return row


def refusal(office: Office, path: str, body: Row, login: str = "admin") -> Refused:
    with pytest.raises(Refused) as no:
        office.person(login).post(path, body)
    return no.value


def test_a_centre_sees_and_others_see_all(office: Office) -> None:
    assert set(tree(office)) >= {"hotline", "east", "west", "south", "east-1"}
    assert set(tree(office, "east.desk")) == {"east", "east-1", "east-2", "east-3"}
    path = f"/api/units/{office.unit('west')}"
    assert office.person("east.desk").http.get(path).status_code == 404


def test_a_new_crew_and_its_new_name_are_on_the_board_at_once(office: Office) -> None:
    lead = office.person("lead")
    lead.follow()
    row = made(office, "crew", "east-new", "east", voltage_classes=["10", "10", "0.4"])
    assert row["voltage_classes"] == ["10", "0.4"]
    key = row["id"]
    lead.wait(lambda screen: screen.rows["crew"].get(key))
    changed = change(office, row, name_zh="城东突击班", phone="010-61234567")
    assert (changed["version"], changed["phone"]) == (2, "+861061234567")
    assert lead.wait(
        lambda screen: screen.rows["crew"][key]["name_zh"] == "城东突击班" and screen.rows["crew"]
    )
    assert lead.screen is not None
    assert lead.screen.rows["crew"] == {one["id"]: one for one in lead.get("/api/board")["crews"]}


def test_whoever_comes_second_is_told_who_was_first(office: Office) -> None:
    row = made(office, "department", "dep-1", "west")
    change(office, row, name_en="First")
    no = refusal(office, f"/api/units/{row['id']}", values(row, name_en="Second"))
    assert (no.status, no.problem["code"]) == (409, "changed_meanwhile")
    assert no.problem["detail"].startswith("管理员 changed it at ")
    assert tree(office)["dep-1"]["name_en"] == "First"


def test_the_same_key_makes_one_unit(office: Office) -> None:
    key = str(uuid.uuid4())
    body = {"kind": "department", "code": "once", "name_zh": "甲", "name_en": "A", "site": "a"}
    body["parent_id"] = office.unit("west")
    first = admin(office).post("/api/units", body, key=key)
    assert admin(office).post("/api/units", body, key=key) == first
    no = refusal(office, "/api/units", {**body, "code": "ONCE"})
    assert no.problem["errors"][0]["field"] == "body.code"


def test_no_unit_stands_below_itself(office: Office) -> None:
    upper = made(office, "department", "ring-1", "south")
    lower = made(office, "department", "ring-2", "ring-1")
    for parent in (upper, lower):
        body = values(upper, parent_id=parent["id"])
        no = refusal(office, f"/api/units/{upper['id']}", body)
        assert (no.status, no.problem["errors"][0]["field"]) == (422, "body.parent_id")


@pytest.mark.parametrize(
    ("kind", "above"), [("crew", "hotline"), ("centre", "east"), ("crew", "east-1")]
)
def test_a_unit_stands_only_where_its_kind_may(office: Office, kind: str, above: str) -> None:
    body = {"kind": kind, "code": f"odd-{kind}", "name_zh": "甲", "name_en": "A", "site": "a"}
    body |= {"parent_id": office.unit(above), "trade": "any"}
    no = refusal(office, "/api/units", body)
    assert no.problem["errors"][0]["field"] == "body.parent_id"


def test_a_crew_that_moves_leaves_one_board_and_comes_to_the_other(office: Office) -> None:
    """Into a department of another centre: it is that centre's crew from then on."""
    department = made(office, "department", "west-net", "west")
    crew = made(office, "crew", "mover", "east")
    east, west = office.person("east.desk"), office.person("west.desk")
    east.follow()
    west.follow()
    moved = change(office, crew, parent_id=department["id"])
    assert moved["centre_id"] == office.unit("west")
    east.wait(lambda screen: crew["id"] not in screen.rows["crew"])
    west.wait(lambda screen: crew["id"] in screen.rows["crew"])
    for desk in (east, west):
        assert desk.screen is not None
        fresh = {one["id"]: one for one in desk.get("/api/board")["crews"]}
        assert desk.screen.rows["crew"] == fresh
    moving = change(office, tree(office)["west-net"], parent_id=office.unit("south"))
    assert moving["centre_id"] == office.unit("south")
    assert tree(office)["mover"]["centre_id"] == office.unit("south")
    west.wait(lambda screen: crew["id"] not in screen.rows["crew"])


def test_what_hangs_on_a_unit_keeps_it_in_use(own_office: Office) -> None:
    order = own_office.sent("east-1")
    why = {"reason": "reorganised"}
    for code, words in (
        ("east-1", (order["number"], "east.crew1")),
        ("east", ("East crew 1", "East crew 2", order["number"], "east.desk")),
    ):
        row = tree(own_office)[code]
        path = f"/api/units/{row['id']}/deactivate"
        no = refusal(own_office, path, {**why, "version": row["version"]})
        assert (no.status, no.problem["code"]) == (409, "still_in_use")
        assert all(word in no.problem["detail"] for word in words)
    row = tree(own_office)["east-1"]
    body = values(row, parent_id=own_office.unit("west"))
    no = refusal(own_office, f"/api/units/{row['id']}", body)
    assert order["number"] in no.problem["detail"]


def test_a_crew_out_of_use_leaves_the_boards_and_gets_no_orders(office: Office) -> None:
    crew = made(office, "crew", "closing", "east")
    desk = office.person("east.desk")
    desk.follow()
    order = office.released("east")
    path = f"/api/units/{crew['id']}"
    gone = admin(office).post(f"{path}/deactivate", {"version": 1, "reason": "reorganised"})
    assert (gone["active"], gone["duty"]["on_duty"]) == (False, False)
    desk.wait(lambda screen: crew["id"] not in screen.rows["crew"])
    no = refusal(
        office, f"/api/orders/{order['id']}/dispatch", {"crew_id": crew["id"]}, "east.desk"
    )
    assert no.status == 422
    back = admin(office).post(f"{path}/activate", {"version": 2})
    assert back["active"]
    desk.wait(lambda screen: crew["id"] in screen.rows["crew"])
    with read_session() as session:
        facts = read_stream(session, 1, "organisation", uuid.UUID(crew["id"]))
    assert [(one.payload.what, one.payload.version) for one in facts] == [  # type: ignore[attr-defined]
        ("created", 1),
        ("active", 2),
        ("active", 3),
    ]
    assert facts[1].payload.reason == "reorganised"  # type: ignore[attr-defined]


def test_a_password_is_told_once_and_logs_in(own_office: Office) -> None:
    office = own_office
    key = str(uuid.uuid4())
    body = {"login": "n.1", "name": "新人", "role": "crew", "unit_id": office.unit("east-1")}
    first = office.person("admin").post("/api/users", body, key=key)
    again = office.person("admin").post("/api/users", body, key=key)
    assert (again["password"], again["id"]) == (None, first["id"])
    person = office.another("supervisor")
    assert person.http.post(
        "/api/login", json={"login": "n.1", "password": first["password"]}
    ).is_success


def test_a_new_password_another_role_and_deactivation_end_the_sessions(own_office: Office) -> None:
    office = own_office
    desk = office.person("east.desk")
    path = f"/api/users/{desk.me['user']['id']}"
    told = admin(office).post(f"{path}/password", {"version": 1})
    assert signed_in(desk) == 401
    body = {"login": "east.desk", "password": told["password"]}
    name = {"login": "east.desk", "name": "高", "unit_id": office.unit("east")}
    steps: tuple[tuple[str, Row], ...] = (
        ("", {**name, "role": "supervisor"}),
        ("/deactivate", {"reason": "left"}),
    )
    for version, (step, more) in enumerate(steps, start=2):
        assert desk.http.post("/api/login", json=body).is_success
        assert signed_in(desk) == 200
        admin(office).post(path + step, {**more, "version": version})
        assert signed_in(desk) == 401
    assert desk.http.post("/api/login", json=body).status_code == 401


def signed_in(person: Person) -> int:
    return int(person.http.get("/api/me").status_code)


def test_the_last_administrator_stays(office: Office) -> None:
    users = {one["login"]: one for one in admin(office).get("/api/users")}
    me = users["admin"]
    no = refusal(
        office,
        f"/api/users/{me['id']}/deactivate",
        {"version": me["version"], "reason": "left"},
    )
    assert no.problem["code"] == "last_administrator"


@pytest.mark.parametrize(
    ("role", "where"), [("dispatcher", "hotline"), ("crew", "east"), ("administrator", "east-1")]
)
def test_a_role_works_where_it_belongs(office: Office, role: str, where: str) -> None:
    body = {"login": f"odd.{role}", "name": "甲", "role": role, "unit_id": office.unit(where)}
    no = refusal(office, "/api/users", body)
    assert no.problem["errors"][0]["field"] == "body.unit_id"


def test_vehicles_and_devices(office: Office) -> None:
    body = {"plate": "京A·D9999", "crew_id": office.unit("west-1")}
    car = admin(office).post("/api/vehicles", body)
    device = {"identity": "0013900001111", "vehicle_id": car["id"]}
    terminal = admin(office).post("/api/devices", device)
    assert terminal["identity"] == "13900001111"
    for path, twice, field in (
        ("/api/vehicles", body, "plate"),
        ("/api/devices", device, "identity"),
    ):
        no = refusal(office, path, twice)
        assert no.problem["errors"][0]["field"] == f"body.{field}"
    moved = {**body, "crew_id": office.unit("east-2"), "version": 1}
    row = admin(office).post(f"/api/vehicles/{car['id']}", moved)
    assert (row["version"], row["devices"][0]["identity"]) == (2, "13900001111")
    seen = office.person("east.desk").get("/api/vehicles")
    assert car["id"] in [one["id"] for one in seen]
    assert car["id"] not in [one["id"] for one in office.person("west.desk").get("/api/vehicles")]


def test_a_device_of_any_protocol_is_enrolled(office: Office) -> None:
    body = {"protocol": "gt06", "identity": " 0863501234567890 ", "model": "JM-VL01"}
    row = admin(office).post("/api/devices", body)
    assert (row["protocol"], row["identity"]) == ("gt06", "0863501234567890")  # zeros count here
    assert row["model"] == "JM-VL01"
    phone = {"protocol": "owntracks", "identity": "owntracks/ann/phone", "kind": "phone"}
    assert admin(office).post("/api/devices", phone)["kind"] == "phone"
    change = {**body, "identity": "123", "protocol": "teltonika", "model": "", "version": 1}
    row = admin(office).post(f"/api/devices/{row['id']}", change)
    assert (row["protocol"], row["identity"], row["model"]) == ("teltonika", "123", "")
    for wrong, field in (
        ({"protocol": "app", "identity": "1"}, "protocol"),
        ({"protocol": "gt07", "identity": "1"}, "protocol"),
        ({"protocol": "jt808", "identity": "12a"}, "identity"),
        ({"protocol": "jt808", "identity": "1" * 21}, "identity"),
        ({"protocol": "gt06", "identity": "  "}, "identity"),
        ({"protocol": "teltonika", "identity": "123"}, "identity"),
    ):
        no = refusal(office, "/api/devices", wrong)
        assert no.problem["errors"][0]["field"] == f"body.{field}", wrong


def test_a_vehicle_under_way_keeps_its_crew(own_office: Office) -> None:
    own_office.sent("east-1")
    rows = admin(own_office).get("/api/vehicles")
    car = next(one for one in rows if one["crew_id"] == str(unit_id("east-1")))
    body = {"plate": car["plate"], "crew_id": None, "version": 1}
    no = refusal(own_office, f"/api/vehicles/{car['id']}", body)
    assert no.problem["code"] == "still_in_use"


def test_a_vehicle_goes_out_of_use_and_comes_back(own_office: Office) -> None:
    def car() -> dict[str, Any]:
        rows = admin(own_office).get("/api/vehicles")
        found: dict[str, Any] = next(one for one in rows if one["crew_id"] == unit)
        return found

    def on_board() -> tuple[str | None, list[str]]:
        board = own_office.person("lead").get("/api/board")
        crew = next(one for one in board["crews"] if one["id"] == unit)
        return crew["vehicle_id"], [one["id"] for one in board["vehicles"]]

    unit = str(unit_id("east-1"))
    path = f"/api/vehicles/{car()['id']}"
    order = own_office.sent("east-1")
    why = {"version": 1, "reason": "reorganised"}
    assert refusal(own_office, f"{path}/deactivate", why).problem["code"] == "still_in_use"
    lead = own_office.person("lead")
    lead.post(f"/api/orders/{order['id']}/recall", {"reason": "other"})
    gone = admin(own_office).post(f"{path}/deactivate", why)
    assert (gone["active"], gone["version"], gone["crew_id"]) == (False, 2, unit)
    crew_has, shown = on_board()
    assert (crew_has, car()["id"] in shown) == (None, False)
    stale = refusal(own_office, f"{path}/activate", {"version": 1})
    assert stale.problem["code"] == "changed_meanwhile"
    back = admin(own_office).post(f"{path}/activate", {"version": 2})
    assert (back["active"], back["version"]) == (True, 3)
    crew_has, shown = on_board()
    assert crew_has == car()["id"]
    assert car()["id"] in shown


def test_a_device_goes_out_of_use_and_comes_back(office: Office) -> None:
    made = admin(office).post("/api/devices", {"identity": "13900002222"})
    path = f"/api/devices/{made['id']}"
    gone = admin(office).post(f"{path}/deactivate", {"version": 1, "reason": "reorganised"})
    assert (gone["active"], gone["version"], gone["connected"]) == (False, 2, False)
    assert terminals.find("13900002222") is None
    assert admin(office).post(f"{path}/activate", {"version": 2})["active"] is True
    assert terminals.find("13900002222") is not None


def test_no_device_goes_into_a_vehicle_that_is_out_of_use(office: Office) -> None:
    car = admin(office).post("/api/vehicles", {"plate": "京A·D8888"})
    admin(office).post(f"/api/vehicles/{car['id']}/deactivate", {"version": 1, "reason": "other"})
    no = refusal(office, "/api/devices", {"identity": "13900003333", "vehicle_id": car["id"]})
    assert no.problem["errors"][0]["field"] == "body.vehicle_id"
