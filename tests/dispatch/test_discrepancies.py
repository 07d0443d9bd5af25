"""The crew's tap beside the GPS stamp: how far apart they may be, and the evidence of both."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.verify import verify
from core.clock import now
from core.db import read_session
from dispatch.orders.oddities import oddities
from dispatch.orders.stamps import StampState
from gps.motion import Site
from gps.shapes import shape_of
from sla.policy import Taps
from tests.acts import Acts
from tests.office import Office
from tests.places.scene import BEGINNING, OLD, Drive

ORDER = uuid4()
ATTEMPT = uuid4()
MOMENT = datetime.fromisoformat("2026-03-02T08:00:00+00:00")


def stamp(point: str, source: str, minutes: float, **more: Any) -> StampState:
    at = MOMENT + timedelta(minutes=minutes)
    told = {"recorded_at": at, "actor_kind": "user", "actor_id": None, "assignment_id": ATTEMPT}
    return StampState(uuid4(), uuid4(), point, at, source=source, **(told | more))


@pytest.mark.parametrize(
    ("point", "apart", "uncertainty_s", "odd"),
    [
        ("G", 2.9, 0.0, False),
        ("G", -3.1, 0.0, True),
        ("G", 3.9, 60.0, False),
        ("H", 4.9, 0.0, False),
        ("H", 5.1, 0.0, True),
    ],
)
def test_the_limit_is_by_point_and_what_gps_leaves_open_comes_on_top(
    point: str, apart: float, uncertainty_s: float, odd: bool
) -> None:
    both = [
        stamp(point, "gps", 0, uncertainty_s=uncertainty_s),
        stamp(point, "crew", apart),
    ]
    found = oddities(both, ORDER)
    assert [one.kind for one in found] == (["disagree"] if odd else [])
    assert oddities(both, ORDER, Taps(departed_s=600, arrived_s=600)) == []


def test_a_moment_that_gps_says_anew_is_still_beside_the_tap_and_a_correction_settles_it() -> None:
    both = [
        stamp("H", "gps", 0),
        stamp("H", "crew", 0.5),
        stamp("H", "gps", 9, reason="late_positions"),
    ]
    assert [one.kind for one in oddities(both, ORDER)] == ["disagree"]
    later = MOMENT + timedelta(minutes=20)
    person = stamp("H", "dispatcher", 0, reason="track", recorded_at=later)
    assert oddities([*both, person], ORDER) == []


@pytest.mark.parametrize(
    ("lat", "accuracy_m", "odd"), [(39.9, 10, False), (39.905, 10, True), (39.905, 900, False)]
)
def test_a_phone_that_was_elsewhere(lat: float, accuracy_m: float, odd: bool) -> None:
    site = Site(39.9, 116.4, 150, MOMENT)
    tapped = stamp("H", "crew", 0, lat=lat, lon=116.4, accuracy_m=accuracy_m)
    found = oddities([tapped], ORDER, site=site)
    assert [(one.kind, round(one.amount_m or 0, -1)) for one in found] == (
        [("far_tap", 410)] if odd else []
    )
    wide = {"kind": "polygon", "points": [[39.89, 116.39], [39.91, 116.39], [39.9, 116.41]]}
    drawn = Site(39.9, 116.4, 150, MOMENT, shape_of(wide))
    assert oddities([tapped], ORDER, site=drawn) == []


@pytest.fixture
def early(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The drives are faster than time: their stamps lie ahead of when they are written."""
    monkeypatch.setattr("dispatch.orders.oddities.AHEAD", timedelta(hours=1))
    yield
    Acts(1).put_all_away()


def tap(office: Office, row: dict[str, Any], act: str, **body: Any) -> Any:
    crew = "east.crew1" if row["centre_id"] == office.unit("east") else "west.crew1"
    return office.person(crew).post(f"/api/assignments/{row['assignment']['id']}/{act}", body)


def queue(office: Office, row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    office.turn()
    listed = office.person("supervisor").get("/api/anomalies")
    return {one["kind"]: one for one in listed if one["order_id"] == row["id"]}


def under_way(office: Office, crew: str = "east-1") -> tuple[dict[str, Any], Drive]:
    row = office.sent(crew)
    tap(office, row, "accept")
    drive = Drive(Acts(1), UUID(row["id"]))
    drive.stand(BEGINNING, 4)
    return row, drive


def sound() -> list[str]:
    with read_session() as session:
        return list(verify(session, 1))


@pytest.mark.usefixtures("early")
def test_both_stamps_the_site_and_the_way_are_the_evidence(office: Office) -> None:
    row, drive = under_way(office)
    tapped = drive.at.isoformat()
    drive.go(BEGINNING, OLD)
    came = drive.stand(OLD, 400)
    assert queue(office, row) == {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.uow.clock_now", lambda: drive.at)
        patch.setattr("api.routes.reviews.now", lambda: drive.at)
        tap(office, row, "arrive", at=drive.at.isoformat(), lat=OLD[0], lon=OLD[1], accuracy_m=12)
        odd = queue(office, row)["disagree"]
        assert odd["code"] == "H"
        assert odd["amount_s"] == pytest.approx((drive.at - came).total_seconds(), abs=20)
        seen = office.person("supervisor").get(f"/api/anomalies/{odd['id']}")
    assert seen["limit_s"] == 300
    assert (seen["gps"]["source"], seen["tap"]["source"]) == ("gps", "crew")
    assert seen["gps"]["distance_m"] == pytest.approx(150, abs=60), "at the edge of the site"
    assert seen["tap"]["distance_m"] < 1
    assert seen["tap"]["accuracy_m"] == 12
    assert seen["at_tap"]["distance_m"] < 50
    assert seen["site"]["shape"]["kind"] == "circle"
    assert seen["site"]["drawn"] is False
    assert seen["track"]["positions"] > 100
    assert seen["track"]["from"] < tapped
    west = office.person("west.desk").http
    assert west.get(f"/api/anomalies/{odd['id']}").status_code == 404
    body = {
        "point": "H",
        "at": came.isoformat(),
        "reason": "track",
        "assignment_id": row["assignment"]["id"],
    }
    office.person("supervisor").post(f"/api/orders/{row['id']}/stamps", body)
    assert queue(office, row) == {}
    assert sound() == []


@pytest.mark.usefixtures("early")
def test_arrived_by_word_alone_while_the_vehicle_was_heard_elsewhere(office: Office) -> None:
    row, drive = under_way(office, "west-1")
    far = (BEGINNING[0] + 0.002, BEGINNING[1])
    drive.stand(far, 60)
    tap(office, row, "arrive")
    assert "no_arrival" not in queue(office, row), "GPS has not had the time to see it"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.uow.clock_now", lambda: now() + timedelta(minutes=11))
        patch.setattr("core.clock.real_now", lambda: now() + timedelta(minutes=11))
        patch.setattr("core.outbox.real_now", lambda: now() + timedelta(minutes=11))
        patch.setattr("api.routes.reviews.now", lambda: drive.at)
        odd = queue(office, row)["no_arrival"]
        seen = office.person("supervisor").get(f"/api/anomalies/{odd['id']}")
    assert (odd["code"], odd["amount_s"]) == ("H", 0)
    assert 500 < odd["amount_m"] < 700
    assert seen["gps"] is None
    assert seen["nearest"]["distance_m"] == pytest.approx(odd["amount_m"] + 170, abs=1)
    path = f"/api/anomalies/{odd['id']}/explain"
    office.person("supervisor").post(path, {"reason": "other", "words": "步行进入胡同"})
    tap(office, row, "finish")
    assert "no_arrival" not in queue(office, row)
    assert sound() == []


@pytest.mark.usefixtures("early")
def test_a_vehicle_that_was_not_heard_says_nothing(office: Office) -> None:
    row = office.sent("east-1")
    tap(office, row, "accept")
    tap(office, row, "arrive")
    tap(office, row, "finish")
    assert queue(office, row) == {}
