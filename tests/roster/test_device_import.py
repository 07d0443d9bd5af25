"""Many devices at once: what a table would do, what it does, and what is wrong with a row."""

import io
from typing import Any

import pytest
from openpyxl import Workbook

from core.clock import now
from core.ids import new_id
from dispatch.roster import device_import
from gps import strangers
from gps.strangers import Knocks
from tests.office import Office

HEADER = "设备号,车牌,时区,坐标系,鉴权码,备注"


def brought(office: Office, content: bytes | str, *, dry_run: bool = False) -> dict[str, Any]:
    response = sent(office, content, dry_run=dry_run)
    assert response.status_code == 200, response.text
    return response.json()


def sent(office: Office, content: bytes | str, *, dry_run: bool = False) -> Any:
    data = content if isinstance(content, bytes) else content.encode("gb18030")
    admin = office.person("admin")
    return admin.http.post(
        "/api/devices/import",
        files={"file": ("终端.csv", data)},
        data={"dry_run": str(dry_run).lower()},
        headers={"Idempotency-Key": str(new_id())},
    )


def registered(office: Office) -> dict[str, dict[str, Any]]:
    return {one["identity"]: one for one in office.person("admin").get("/api/devices")}


def test_a_table_is_tried_out_written_and_says_nothing_new_then(own_office: Office) -> None:
    office = own_office
    cars = {one["id"]: one["plate"] for one in office.person("admin").get("/api/vehicles")}
    plate = next(iter(cars.values()))
    rows = [
        HEADER,
        f"0013900000101,{plate.replace('·', ' ').lower()},+05:30,GCJ-02,secret-1,备用",
        "13900000102,,,,,",
        f"13800001201,{plate},,,,",  # is in another vehicle
    ]
    table = "\n".join(rows)
    tried = brought(office, table, dry_run=True)
    assert (tried["added"], tried["changed"], tried["rejected"]) == (2, 1, 0)
    assert "13900000101" not in registered(office)
    done = brought(office, table)
    assert (done["added"], done["changed"], done["same"]) == (2, 1, 0)
    found = registered(office)
    first = found["13900000101"]
    assert cars[first["vehicle_id"]] == plate
    assert (first["time_zone"], first["datum"], first["note"]) == ("+05:30", "gcj02", "备用")
    assert first["has_code"]
    assert not found["13900000102"]["has_code"]
    assert cars[found["13800001201"]["vehicle_id"]] == plate
    again = brought(office, table)
    assert (again["added"], again["changed"], again["same"]) == (0, 0, 3)


def test_columns_that_are_not_there_stay_as_they_are(own_office: Office) -> None:
    before = registered(own_office)["13800001101"]
    assert before["vehicle_id"]
    done = brought(own_office, "identity,note\n13800001101,east gate")
    assert done["changed"] == 1
    after = registered(own_office)["13800001101"]
    assert (after["vehicle_id"], after["note"]) == (before["vehicle_id"], "east gate")
    brought(own_office, "identity,plate\n13800001101,")  # an empty cell takes it out
    assert registered(own_office)["13800001101"]["vehicle_id"] is None


def test_a_workbook_and_a_stranger_in_it(own_office: Office) -> None:
    strangers.note({("jt808", "13900000103"): Knocks(now(), 1, {"maker": "HQDQ"})})
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["identity", "plate"])
    sheet.append([13900000103, ""])
    content = io.BytesIO()
    book.save(content)
    assert brought(own_office, content.getvalue())["added"] == 1
    assert registered(own_office)["13900000103"]["told"]["maker"] == "HQDQ"
    assert own_office.person("admin").get("/api/devices/strangers") == []


def test_what_is_wrong_with_a_row_is_named_and_costs_only_that_row(own_office: Office) -> None:
    rows = [
        HEADER,
        "13900000111,,,,,",
        "13900000111,,,,,",
        "1.39E+10,,,,,",
        "abc,京A·00000,Mars/Olympus,plain,短,",
        ",,,,,",
        "=1+1,,,,,",
        "13900000112,,",
    ]
    done = brought(own_office, "\n".join(rows))
    assert (done["added"], done["rejected"]) == (1, 5)
    wrong = {(one["row"], one["field"]): one for one in done["problems"]}
    assert set(wrong) >= {(3, "identity"), (4, "identity"), (5, "datum"), (7, "identity"), (8, "")}
    assert wrong[3, "identity"]["zh"] == "表中已有此设备号"
    assert all(one["en"] and one["zh"] for one in done["problems"])


def test_files_that_are_none(own_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_import, "MOST", 1)
    assert sent(own_office, "identity\n1\n2").json()["code"] == "too_many_devices"
    assert sent(own_office, "plate\nA").json()["code"] == "header_wrong"
    assert sent(own_office, b"").json()["code"] == "import_empty"
