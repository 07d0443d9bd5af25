"""Old days are thinned and dropped; nothing else is lost, and nobody waits."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from core.clock import now
from core.db import engine
from core.settings import settings
from gps import pipeline, retention
from gps.fix import Fix
from gps.retention import Span, Wanted
from tests.engine_fixtures import forget_settings
from tests.gps.conftest import Fleet

A, B = "13800000001", "13800000002"
OLD = 40
THIN = Wanted(0, 30, 60)
DROP = Wanted(30, 0, 60)


def noon(days_ago: int) -> datetime:
    day = now().astimezone(UTC).date() - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def send(fleet: Fleet, begin: datetime, count: int = 240, identity: str = A) -> list[datetime]:
    """Every 5 s: ten minutes on the move, the rest at rest."""
    times = [begin + timedelta(seconds=5 * index) for index in range(count)]
    rows = [
        Fix(fleet.devices[identity], at, now(), 39.9 + min(index, 120) * 1e-4, 116.3, speed)
        for index, at in enumerate(times)
        for speed in [8.0 if index < 120 else 0.0]
    ]
    pipeline.write(1, rows)
    return times


def times_of(fleet: Fleet, identity: str = A) -> list[datetime]:
    device = fleet.devices[identity]
    rows = fleet.query("SELECT fix_at FROM fix WHERE device_id = %s ORDER BY fix_at", device)
    return [at for (at,) in rows]


def nothing(_since: datetime, _until: datetime, _closed: bool) -> Sequence[Span]:
    return ()


def sweep(wanted: Wanted, held: retention.Held = nothing) -> int:
    return retention.sweep(now(), wanted, held, lambda: False)


def partitions(fleet: Fleet) -> set[date]:
    rows = fleet.query("SELECT relname FROM pg_class WHERE relname ~ '^fix_p[0-9]+(_new)?$'")
    return {date.fromisoformat(name[5:]) for (name,) in rows}


def test_an_old_day_is_thinned(fleet: Fleet) -> None:
    old, fresh = send(fleet, noon(OLD)), send(fleet, noon(2), identity=B)
    assert sweep(THIN) == 1
    kept = times_of(fleet)
    assert set(old[::12]) <= set(kept)  # one in a minute
    assert {old[0], old[-1]} <= set(kept)
    assert {old[119], old[120]} <= set(kept)  # where it came to rest
    assert len(kept) == len(old[::12]) + 2
    assert times_of(fleet, B) == fresh
    row = "SELECT thinned_s, dropped_at, fixes_before, fixes FROM fix_day WHERE day = %s"
    assert fleet.query(row, old[0].date()) == [(60, None, 240, len(kept))]
    assert sweep(THIN) == 0
    send(fleet, old[0] + timedelta(seconds=1), 1)  # what comes late is stored still
    assert len(times_of(fleet)) == len(kept) + 1
    assert sweep(THIN._replace(thin_s=600)) == 1
    assert len(times_of(fleet)) < len(kept)
    left = fleet.query("SELECT conname FROM pg_constraint WHERE conname = 'within'")
    assert left == []


def test_an_old_day_is_dropped(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    old, fresh = send(fleet, noon(OLD)), send(fleet, noon(2), identity=B)
    assert sweep(DROP) == 1
    assert partitions(fleet) == {fresh[0].date()}
    (told,) = fleet.query("SELECT dropped_at, fixes_before, fixes FROM fix_day")
    assert (told[0] is not None, *told[1:]) == (True, 240, 0)
    monkeypatch.setenv("PAIDAN_GPS_KEEP_DAYS", "30")
    forget_settings()
    assert settings().gps_keep_days == 30
    written = pipeline.write(1, [Fix(fleet.devices[A], old[3], now(), 39.9, 116.3)])
    edge = datetime.combine(retention.first_kept(now(), 30), datetime.min.time(), UTC)
    oldest = pipeline.write(1, [Fix(fleet.devices[A], edge, now(), 39.9, 116.3)])
    monkeypatch.delenv("PAIDAN_GPS_KEEP_DAYS")
    forget_settings()
    assert (written.verdicts, written.refused) == (["not_kept"], set())
    assert oldest.verdicts == ["ok"]
    assert fleet.query("SELECT reason, fixes FROM fix_dropped") == [("not_kept", 1)]
    assert old[0].date() not in partitions(fleet)
    assert sweep(DROP) == 0


def test_a_day_that_was_dropped_under_a_writer_is_made_again(fleet: Fleet) -> None:
    send(fleet, noon(OLD))
    assert sweep(DROP) == 1
    again = send(fleet, noon(OLD) + timedelta(seconds=2), 3)  # its process still knows the day
    assert times_of(fleet) == again
    assert sweep(DROP) == 1


def test_evidence_stays_in_full(fleet: Fleet) -> None:
    old = send(fleet, noon(OLD))
    send(fleet, noon(OLD), identity=B)
    span = Span(1, fleet.vehicles[A], old[20], old[50])
    for wanted in (THIN, DROP):
        assert sweep(wanted, lambda *_: [span]) == 1
        assert set(old[20:51]) <= set(times_of(fleet))
    assert times_of(fleet) == old[20:51]
    assert times_of(fleet, B) == []
    assert sweep(DROP, lambda *_: [span]) == 0  # it is as small as it may be
    assert sweep(DROP) == 1
    assert partitions(fleet) == set()


def test_what_comes_while_a_day_is_copied_is_not_lost(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = noon(OLD)
    send(fleet, begin)
    late: list[datetime] = []
    swap = retention._swap

    def meanwhile(*given: Any) -> None:
        late.extend(send(fleet, begin + timedelta(hours=1), 30))
        swap(*given)

    monkeypatch.setattr(retention, "_swap", meanwhile)
    assert sweep(THIN) == 1
    assert times_of(fleet)[-30:] == late


def test_a_kill_leaves_the_day_as_it_was(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    old = send(fleet, noon(OLD))
    with monkeypatch.context() as patch:
        patch.setattr(retention, "_swap", _killed)
        with pytest.raises(RuntimeError):
            sweep(THIN)
    late = send(fleet, noon(OLD) + timedelta(hours=1), 1)
    assert times_of(fleet) == old + late
    assert sweep(THIN) == 1
    assert times_of(fleet)[-1] == late[0]
    assert partitions(fleet) == {old[0].date()}


def _killed(*_: Any) -> None:
    raise RuntimeError("killed")


@pytest.mark.parametrize("seen_s", [0.0, 3600.0])
def test_nobody_is_held_up_by_a_long_reader(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, seen_s: float
) -> None:
    """Where it is seen the swap is not tried, else given up; writers go on, the day is whole."""
    monkeypatch.setattr(retention, "OLD_S", seen_s)
    old = send(fleet, noon(OLD))
    with engine().connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM fix").scalar()
        for wanted in (THIN, DROP):
            assert sweep(wanted) == 0
        fresh = send(fleet, noon(2), identity=B)
    assert times_of(fleet) == old
    assert times_of(fleet, B) == fresh
    assert fleet.query("SELECT count(*) FROM fix_day") == [(0,)]
    monkeypatch.setattr(retention, "OLD_S", 3600.0)
    assert sweep(DROP) == 1


def test_one_at_a_time(fleet: Fleet) -> None:
    send(fleet, noon(OLD))
    with engine().connect() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_lock({retention._ONE})")
        assert sweep(DROP) == 0
        other.exec_driver_sql(f"SELECT pg_advisory_unlock({retention._ONE})")
    assert sweep(DROP) == 1


def test_without_settings_all_is_kept(fleet: Fleet) -> None:
    old = send(fleet, noon(89))
    assert sweep(Wanted(0, 0, 60)) == 0
    assert sweep(Wanted(90, 90, 60)) == 0
    assert times_of(fleet) == old
    with engine().connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        assert retention.days(raw) == [old[0].date()]
