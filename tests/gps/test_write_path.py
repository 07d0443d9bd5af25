"""What makes the write path fast changes nothing of what it does."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import now
from core.ids import new_id
from gps import repository, service
from gps.filters import Known, Place, by_rules, judge
from gps.fix import Fix
from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, FrameCutter, build_frame, checksum
from gps.packing import FixValues
from gps.pipeline import write
from gps.remembering import Memory
from tests.gps.conftest import Fleet

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
DEVICES = st.sampled_from([UUID(int=1), UUID(int=2)])
STEPS = st.sampled_from([-86400 * 100, -86400 * 2, -600, -1, 0, 1, 3, 30, 90, 86400 * 2])
PLACES = st.sampled_from([0.0, 1e-5, 1e-4, 1e-3, 0.02, 0.5])
fixes = st.builds(
    Fix,
    device_id=DEVICES,
    fix_at=st.none() | st.builds(lambda s: NOW + timedelta(seconds=s), STEPS),
    received_at=st.just(NOW),
    lat=st.just(0.0) | PLACES.map(lambda by: 39.9 + by),
    lon=st.just(0.0) | PLACES.map(lambda by: 116.3 + by),
    speed_kmh=st.sampled_from([0.0, 3.0, 3.1, 60.0]),
    positioned=st.booleans(),
    accuracy_m=st.sampled_from([None, None, 10.0, 500.0]),
)
pasts = st.lists(fixes, max_size=6)


@given(pasts, fixes, st.sampled_from([0, 60]), st.sampled_from([0, 1, 30]))
def test_the_short_way_of_the_filters_says_what_the_rules_say(
    past: list[Fix], fix: Fix, static_s: int, kept_days: int
) -> None:
    known = Known(static_for=timedelta(seconds=static_s), kept_days=kept_days)
    for one in past:
        _, known = by_rules(one, known, NOW)
    assert judge(fix, known, NOW) == by_rules(fix, known, NOW)


@given(
    st.floats(-80, 80), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01), st.integers(1, 30)
)  # fmt: skip
def test_a_jump_is_no_plain_fix_at_any_latitude(
    lat: float, north: float, east: float, seconds: int
) -> None:
    device = UUID(int=1)
    known = Known(Place(device, NOW - timedelta(seconds=seconds), lat, 20.0))
    fix = Fix(device, NOW, NOW, lat + north, 20.0 + east, speed_kmh=50.0)
    assert judge(fix, known, NOW) == by_rules(fix, known, NOW)


@given(st.binary(max_size=1100))
def test_the_checksum_is_the_xor_of_all_bytes(data: bytes) -> None:
    assert checksum(data) == reduce(xor, data, 0)


@given(st.integers(0, 0xFFFF), st.sampled_from([None, 1]), st.data())
def test_many_acknowledgements_are_frames_like_any_other(
    first: int, version: int | None, data: st.DataObject
) -> None:
    word = st.integers(0, 0xFFFF)
    acks = data.draw(st.lists(st.tuples(word, word, st.integers(0, 3)), max_size=4))
    to = Frame(uplink.LOCATION, "0" * (12 if version is None else 20), 7, b"", version)
    frames = [
        build_frame(
            replace(
                to,
                message_id=downlink.PLATFORM_ACK,
                serial=(first + index) & 0xFFFF,
                body=downlink.build_platform_ack(*ack),
            )
        )
        for index, ack in enumerate(acks)
    ]
    assert downlink.platform_acks(to, first, acks) == b"".join(frames)


@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=5).map(b"\x7e".join),
    st.integers(1, 50),
)
def test_frames_are_cut_alike_however_they_come(stream: bytes, size: int) -> None:
    frame = build_frame(Frame(0x0002, "0" * 11 + "1", 1, b"\x7d\x7e"))
    stream = frame + stream + frame + frame
    whole, parts = FrameCutter(), FrameCutter()
    at_once = list(whole.feed(stream))
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    in_parts = [found for chunk in chunks for found in parts.feed(chunk)]
    assert list(map(repr, in_parts)) == list(map(repr, at_once))


ROWS = [
    FixValues(
        1, new_id(), NOW + timedelta(microseconds=index), vehicle, -12.5, 179.999999, 0.1, 359,
        -430, 2**32 - 1, 2**31, sent, NOW - timedelta(days=365, microseconds=1), 2**31 - 1,
        ignition, accuracy, flags,
    )
    for index, (vehicle, sent, ignition, accuracy, flags) in enumerate(
        (vehicle, sent, ignition, accuracy, flags)
        for vehicle in (None, new_id())
        for sent in (None, NOW + timedelta(seconds=1.000001))
        for ignition in (None, True, False)
        for accuracy in (None, 12.5)
        for flags in ("ok", "inaccurate")
    )
]  # fmt: skip


def test_every_value_is_read_back_as_it_was(fleet: Fleet) -> None:
    with fleet.work() as uow:
        cur = repository.cursor(uow.session)
        repository.make_day(cur, NOW.date())
        assert repository.store_fixes(cur, ROWS) == len(ROWS)
    with fleet.work() as uow:
        cur = repository.cursor(uow.session)
        cur.execute(f"SELECT {', '.join(FixValues._fields)} FROM fix ORDER BY fix_at")
        assert [FixValues(*row) for row in cur.fetchall()] == ROWS


def test_what_is_there_already_is_stored_once_and_the_rest_beside_it(fleet: Fleet) -> None:
    with fleet.work() as uow:
        cur = repository.cursor(uow.session)
        repository.make_day(cur, NOW.date())
        assert repository.store_fixes(cur, ROWS[:10]) == 10
        assert repository.store_fixes(cur, ROWS[5:]) == len(ROWS) - 10
        other = new_id()
        twice = [ROWS[0]._replace(device_id=other, flags=flags) for flags in ("jump", "ok")]
        assert repository.store_fixes(cur, twice) == 1
        cur.execute("SELECT count(*), bool_or(flags = 'jump') FROM fix")
        assert cur.fetchone() == (len(ROWS) + 1, False)


@dataclass
class Pair:
    """Two terminals of their own, so that one course can be driven again and again."""

    fleet: Fleet
    names: tuple[str, str]

    @classmethod
    def new(cls, fleet: Fleet, number: int, since: datetime) -> "Pair":
        names = (f"1390000{number:02}01", f"1390000{number:02}02")
        for name in names:
            fleet.enrol(name)
        with fleet.work() as uow:
            service.watch(uow, vehicle_id=fleet.vehicles[names[0]], assignment_id=new_id(),
                          lat=39.95, lon=116.3, radius_m=100, now=since)  # fmt: skip
        return cls(fleet, names)

    def batches(self, seed: int, start: datetime) -> Iterator[list[Fix]]:
        """Driving, standing, jumping, late, doubled, in and out of sight, calling for help."""
        dice = random.Random(seed)
        at, place = [start, start], [39.9, 39.9]
        for _ in range(40):
            batch: list[Fix] = []
            for _ in range(dice.randrange(1, 8)):
                one = dice.randrange(2)
                speed, step = dice.choice((0.0, 0.0, 40.0, 40.0)), dice.choice((1, 5, 10, 10, 120))
                at[one] += timedelta(seconds=step)
                place[one] += speed / 3.6 * step / 111_195
                late = timedelta(minutes=10) if dice.random() < 0.1 else timedelta(0)
                fix = Fix(
                    self.fleet.devices[self.names[one]],
                    at[one] - late,
                    at[one] + timedelta(seconds=2),
                    place[one] + dice.choice((0.0,) * 8 + (0.3,)),
                    116.3,
                    speed_kmh=speed,
                    ignition=speed > 0,
                    positioned=dice.random() > 0.05,
                    alarm_bits=int(dice.random() < 0.03),
                )
                batch += [fix] * dice.choice((1, 1, 1, 2))
            yield batch

    def told(self) -> list[Any]:
        """All that the write path leaves of them, but for their ids."""
        return [self._of(name) for name in self.names]

    def _of(self, name: str) -> list[Any]:
        ids = {str(self.fleet.devices[name]): "D", str(self.fleet.vehicles[name]): "V"}
        found = [
            self.fleet.query(query, self.fleet.vehicles[name])
            for query in (
                "SELECT fix_at, flags FROM fix WHERE vehicle_id = %s ORDER BY 1",
                "SELECT * FROM vehicle_position WHERE vehicle_id = %s",
                "SELECT kind, started_at, ended_at, distance_m, resume FROM movement"
                " WHERE vehicle_id = %s ORDER BY 2, 1",
                "SELECT motion, departed_at, arrived_at FROM gps_watch WHERE vehicle_id = %s",
                "SELECT type, payload - 'assignment_id', occurred_at FROM event"
                " WHERE stream_id = %s ORDER BY seq",
            )
        ]
        text = repr(found)
        for id_, short in ids.items():
            text = text.replace(id_, short)
        return text.splitlines()


@pytest.mark.parametrize("seed", range(3))
def test_a_memory_changes_nothing(fleet: Fleet, seed: int) -> None:
    """The same course without a memory, with one, and with other gateways in between."""
    moment = now()
    start = moment.replace(microsecond=0) - timedelta(hours=3)

    def outcome(number: int, *memories: Memory | None) -> list[Any]:
        pair = Pair.new(fleet, number, start - timedelta(minutes=5))
        for index, batch in enumerate(pair.batches(seed, start)):
            write(1, batch, now=moment, memory=memories[index % len(memories)])
        return pair.told()

    plain = outcome(0, None)
    assert "'trip'" in plain[0][0]
    assert outcome(1, Memory()) == plain
    assert outcome(2, Memory(), Memory(), None) == plain


def test_what_was_not_committed_is_not_remembered(fleet: Fleet) -> None:
    moment = now()
    start = moment.replace(microsecond=0) - timedelta(hours=3)
    pair, plain = (Pair.new(fleet, number, start) for number in (0, 1))
    memory = Memory()
    for index, batch in enumerate(pair.batches(1, start)):
        if index == 20:
            fleet.execute("ALTER TABLE fix ADD CONSTRAINT planted CHECK (lat < 1) NOT VALID")
            before = pair.told()
            assert "refused" in write(1, batch, now=moment, memory=memory).verdicts
            fleet.execute("ALTER TABLE fix DROP CONSTRAINT planted")
            assert pair.told() == before
        else:
            write(1, batch, now=moment, memory=memory)
    for index, batch in enumerate(plain.batches(1, start)):
        if index != 20:
            write(1, batch, now=moment)
    assert pair.told() == plain.told()
