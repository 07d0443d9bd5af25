"""The city's plan: the same seed gives the same callers, places and behaviours."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from api.demo import plan
from api.demo.city import City, make_city
from api.demo.driving import Drive, displaced, make_drive
from api.demo.plan import behaviour, callers_per_minute, calls, leaves, stormy, stream, trip
from gps.fix import distance_m

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(1)


def some(city: City, seed: str, count: int = 300, *, storm: bool = False) -> list[plan.Call]:
    return list(islice(calls(city, seed, START, ZONE, storm=storm), count))


def test_the_same_seed_gives_the_same_plan(city: City) -> None:
    first, second = some(city, "7"), some(make_city(1), "7")
    assert first == second
    cases = [(call.key, call.fault.code if call.fault else "") for call in first]
    assert [behaviour("7", *case) for case in cases] == [behaviour("7", *case) for case in cases]
    assert [trip("7", key) for key, _ in cases] == [trip("7", key) for key, _ in cases]


def test_another_seed_gives_another_plan(city: City) -> None:
    assert some(city, "7", 20) != some(city, "8", 20)
    assert behaviour("7", "call-1", "other") != behaviour("8", "call-1", "other")


def test_one_case_does_not_depend_on_the_others(city: City) -> None:
    """Whoever is told of more faults in a storm is told of each as before."""
    calm, storm = some(city, "7", 40), some(city, "7", 40, storm=True)
    assert calm[0].at_s != storm[0].at_s
    assert calm[0].customer == storm[0].customer


def test_callers_come_in_order_and_each_once(city: City) -> None:
    found = some(city, "3", 500)
    assert all(a.at_s <= b.at_s for a, b in pairwise(found))
    assert len({call.number for call in found}) == len(found)


def test_several_call_about_one_failed_feeder(city: City) -> None:
    found = some(city, "3", 500)
    shared = [call for call in found if call.echo]
    assert shared
    for call in shared:
        assert call.customer in city.customers_on(str(call.cause))
        assert any(
            one.cause == call.cause
            and one.customer != call.customer
            and 0 < call.at_s - one.at_s <= 600
            for one in found
            if not one.echo
        )
    assert any(call.fault is None for call in found), "enquiries need no order"


def test_quiet_and_stormy_hours() -> None:
    day = [START + timedelta(hours=hour) for hour in range(24)]
    calm = [callers_per_minute("x", at) for at in day if not stormy("x", at)]
    assert max(calm) > 2 * min(calm)
    weeks = [START + timedelta(hours=hour) for hour in range(24 * 28)]
    share = sum(stormy("x", at) for at in weeks) / len(weeks)
    assert share == pytest.approx(plan.STORMY_HOURS, abs=0.05)
    at = next(at for at in weeks if stormy("x", at))
    assert callers_per_minute("x", at) > 1.5 * callers_per_minute("y", at) or stormy("y", at)


def test_all_kinds_of_trouble_come_up() -> None:
    cases = [behaviour("1", f"call-{number}", "other") for number in range(400)]
    assert any(case.asleep for case in cases)
    assert any(case.wrong_centre for case in cases)
    assert any(case.keys for case in cases)
    assert any(case.offline for case in cases)
    assert {case.returns for case in cases} > {None, "wrong_department"}
    assert any(case.centre_s > 240 for case in cases), "the four-minute alarm"
    trips = [trip("1", f"call-{number}") for number in range(400)]
    assert {one.trouble for one in trips} == {None, "loss", "jump", "blind"}


def test_a_crew_goes_away_again_and_again() -> None:
    first = list(islice(leaves("1", "east-1", ("meal", "rest")), 5))
    assert first == list(islice(leaves("1", "east-1", ("meal", "rest")), 5))
    assert first != list(islice(leaves("1", "east-2", ("meal", "rest")), 5))


def a_drive(city: City) -> Drive:
    home, place = city.sites[0].at, city.customers[900].at
    return make_drive(city.drive(home, place), 0.8, stream("1", "drive"))


def test_a_drive_goes_from_door_to_door_at_plausible_speed(city: City) -> None:
    drive = a_drive(city)
    assert drive.sight(0).at == drive.points[0]
    assert drive.sight(drive.seconds + 60).at == drive.points[-1]
    assert drive.sight(drive.seconds + 60).speed_kmh == 0
    sights = [drive.sight(float(second)) for second in range(0, int(drive.seconds), 10)]
    for before, after in pairwise(sights):
        metres = distance_m(*before.at, *after.at)
        assert metres / 10 * 3.6 <= 53
    assert all(8 <= sight.speed_kmh <= 53 for sight in sights[1:])


def test_a_misled_receiver_is_as_far_off_as_said(city: City) -> None:
    sight = a_drive(city).sight(30)
    wrong = displaced(sight, 2_600, 123)
    assert distance_m(*sight.at, *wrong.at) == pytest.approx(2_600, rel=0.01)
