"""Why a position is not shown, and strangers that become devices."""

import uuid
from dataclasses import replace
from datetime import timedelta

from core.clock import now
from gps import pipeline, strangers, terminals
from gps.filters import RULES
from gps.fix import Fix
from gps.strangers import Knocks
from gps.words import REASONS
from tests.office import Office

ORG = 1


def enrolled(office: Office, identity: str) -> uuid.UUID:
    vehicle = office.person("admin").get("/api/vehicles")[0]["id"]
    made = office.person("admin").post(
        "/api/devices", {"identity": identity, "vehicle_id": vehicle}
    )
    return uuid.UUID(made["id"])


def test_every_rule_has_words() -> None:
    assert {rule.__name__ for rule in RULES} | {"ok"} == set(REASONS)


def test_each_position_says_whether_it_is_shown_and_why_not(office: Office) -> None:
    device = enrolled(office, "13900000071")
    start = now() - timedelta(minutes=10)
    fix = Fix(device, start, start, 39.9, 116.3)
    later = [replace(fix, fix_at=start + timedelta(seconds=s)) for s in (10, 20, 30)]
    pipeline.write(
        ORG, [fix, replace(later[0], lat=40.9), later[1], replace(later[2], lat=0, lon=0)]
    )
    pipeline.write(ORG, [replace(later[2], accuracy_m=900.0), replace(fix, fix_at=None)])

    told = office.person("admin").get(f"/api/devices/{device}/fixes")
    assert told["device"]["identity"] == "13900000071"
    assert [(one["shown"], one["reason"]["code"]) for one in told["fixes"]] == [
        (False, "inaccurate"),
        (True, "ok"),
        (False, "jump"),
        (True, "ok"),
    ]
    assert told["fixes"][0]["reason"]["name_zh"] == "误差超过 200 米"
    assert told["position"]["device_id"] == str(device)
    assert told["position"]["fix_at"] < told["position"]["quiet_at"]
    assert {one["reason"]["code"]: one["fixes"] for one in told["counts"]} == {
        "inaccurate": 1,
        "jump": 1,
        "ok": 2,
    }
    assert {one["reason"]["code"]: one["fixes"] for one in told["dropped"]} == {
        "no_time": 1,
        "null_island": 1,
    }
    admin = office.person("admin")
    few = admin.get(f"/api/devices/{device}/fixes", until=later[1].at.isoformat())
    assert len(few["fixes"]) == 2
    wide = (now() - timedelta(days=30)).isoformat()
    path = f"/api/devices/{device}/fixes"
    assert admin.http.get(path, params={"since": wide}).status_code == 422
    assert admin.http.get(f"/api/devices/{uuid.uuid4()}/fixes").status_code == 404


def test_a_stranger_is_listed_until_it_is_made_known(office: Office) -> None:
    admin, moment = office.person("admin"), now()
    for _ in range(2):
        strangers.note({("jt808", "13900000072"): Knocks(moment, 1, {"plate": "京A00072"})})
    [knocked] = [
        one for one in admin.get("/api/devices/strangers") if one["identity"] == "13900000072"
    ]
    assert (knocked["protocol"], knocked["tries"]) == ("jt808", 2)
    admin.post("/api/devices", {"identity": knocked["identity"], "protocol": knocked["protocol"]})
    assert "13900000072" not in {one["identity"] for one in admin.get("/api/devices/strangers")}
    assert terminals.register("13900000072", {}, moment).code
