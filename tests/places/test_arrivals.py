"""Arrivals by GPS at a place that was corrected, and by positions that came late."""

from datetime import datetime, timedelta

import pytest

from core.clock import now
from dispatch.starter import ORG_ID
from gps import pipeline
from gps.fix import Fix
from tests.acts import Acts
from tests.office import turn
from tests.places.scene import (
    BEGINNING,
    NEW,
    OLD,
    Drive,
    correct,
    file_at,
    page,
    stamps,
    under_way,
    verified,
)


def test_the_vehicle_arrives_at_the_corrected_place_and_not_at_the_old_one(acts: Acts) -> None:
    order_id = file_at(acts)
    assignment_id = under_way(acts, order_id)
    drive = Drive(acts, order_id)
    drive.stand(BEGINNING, 4)
    correct(acts, assignment_id)
    drive.go(BEGINNING, OLD)
    drive.stand(OLD, 40)
    assert stamps(order_id, "H") == []
    drive.go(OLD, NEW)
    came = drive.stand(NEW, 36)
    [stamp] = stamps(order_id, "H")
    assert stamp["source"] == "gps"
    assert stamp["counts"]
    assert abs(datetime.fromisoformat(stamp["at"]) - came) < timedelta(seconds=16)
    assert acts.assignment(order_id).state == "arrived"
    assert len(stamps(order_id, "G")) == 1
    assert verified() == []


def test_who_stands_there_already_has_arrived_when_it_came(acts: Acts) -> None:
    order_id = file_at(acts)
    assignment_id = under_way(acts, order_id)
    drive = Drive(acts, order_id)
    drive.stand(BEGINNING, 4)
    drive.go(BEGINNING, NEW, steps=8)
    came = drive.stand(NEW, 40)
    assert stamps(order_id, "H") == []
    correct(acts, assignment_id)
    drive.stand(NEW)
    [stamp] = stamps(order_id, "H")
    assert abs(datetime.fromisoformat(stamp["at"]) - came) < timedelta(seconds=16)
    assert len(stamps(order_id, "G")) == 1


def test_an_arrival_at_the_wrong_place_gives_way_to_that_at_the_right_one(
    acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The drive is faster than time: its stamps lie ahead of the moment in which they are written.
    monkeypatch.setattr("dispatch.orders.oddities.AHEAD", timedelta(hours=1))
    order_id = file_at(acts)
    assignment_id = under_way(acts, order_id)
    drive = Drive(acts, order_id)
    drive.stand(BEGINNING, 4)
    drive.go(BEGINNING, OLD)
    drive.stand(OLD, 36)
    [wrong] = stamps(order_id, "H")
    correct(acts, assignment_id)
    drive.go(OLD, NEW)
    came = drive.stand(NEW, 40)
    first, second = sorted(stamps(order_id, "H"), key=lambda one: str(one["at"]))
    assert (first["id"], first["counts"]) == (wrong["id"], False)
    assert (second["source"], second["correction_reason"]) == ("gps", "place_corrected")
    assert second["counts"]
    assert abs(datetime.fromisoformat(second["at"]) - came) < timedelta(seconds=16)
    segments = {one["code"]: one for one in page(order_id)["segments"]}
    lost = datetime.fromisoformat(second["at"]) - datetime.fromisoformat(first["at"])
    assert segments["GH"]["excluded_s"] == pytest.approx(lost.total_seconds())
    assert verified() == []


def test_positions_that_come_late_correct_the_stamp_and_keep_the_first(
    acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.orders.oddities.AHEAD", timedelta(hours=1))
    order_id = file_at(acts)
    under_way(acts, order_id)
    drive = Drive(acts, order_id)
    drive.stand(BEGINNING, 4)
    begun = drive.at
    drive.at += timedelta(seconds=200)  # a blind spot: the next live fix is at the site
    drive.stand(OLD, 100)
    [rough] = stamps(order_id, "H")
    assert rough["uncertainty_s"] > 150

    for seconds, lat in ((40, BEGINNING[0]), (64, BEGINNING[0] + 0.003), (88, OLD[0])):
        at = begun + timedelta(seconds=seconds)
        fix = Fix(drive.device, at, now(), lat, OLD[1], ignition=True)
        assert pipeline.write(ORG_ID, [fix], now=drive.at).reasons["late"] == 1
        turn()
    *earlier, counting = sorted(stamps(order_id, "H"), key=lambda one: bool(one["counts"]))
    assert rough["id"] in {one["id"] for one in earlier}
    assert not any(one["counts"] for one in earlier)
    assert (counting["source"], counting["correction_reason"]) == ("gps", "late_positions")
    assert begun < datetime.fromisoformat(counting["at"]) <= begun + timedelta(seconds=88)
    assert counting["uncertainty_s"] <= 24
    assert verified() == []
