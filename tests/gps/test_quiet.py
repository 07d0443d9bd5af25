"""Which devices of a vehicle are waited for: pure."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from core import events as ev
from gps.quiet import FORGOTTEN, Ears, Judged, Mounted, judge
from gps.rhythm import Rhythm

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
TERMINAL, PHONE = UUID(int=1), UUID(int=2)
MOUNTED = {TERMINAL: Mounted("terminal"), PHONE: Mounted("phone")}
HEARING = Ears({"terminal": NOW - timedelta(days=9), "phone": NOW - timedelta(days=9)})


def last_seen(at: datetime) -> Rhythm:
    one = Rhythm()
    one.hear(at.timestamp(), at.timestamp(), 0.0, ignition=None)
    return one


def looked(known: dict[UUID, Rhythm], now: datetime, source: UUID = TERMINAL) -> Judged:
    return judge(known, source, MOUNTED, HEARING, now, on_duty=True, said_on_duty=None)


def test_a_second_device_is_forgotten_after_half_a_day_the_source_never() -> None:
    known = {TERMINAL: last_seen(NOW), PHONE: last_seen(NOW - timedelta(hours=2))}
    ((at, fact),) = looked(known, NOW).facts
    assert isinstance(fact, ev.VehicleSilent)
    assert (at, fact.device_id, fact.unknown) == (NOW - timedelta(hours=2), PHONE, False)

    later = NOW - timedelta(hours=2) + FORGOTTEN
    known[TERMINAL] = last_seen(later)
    assert not [one for _, one in looked(known, later).facts if _dropped(one)]
    assert PHONE in known
    facts = looked(known, later + timedelta(seconds=1)).facts
    assert [one.device_id for _, one in facts if _dropped(one)] == [PHONE]
    assert [*known] == [TERMINAL]

    alone = {PHONE: last_seen(NOW)}
    looked(alone, NOW + timedelta(hours=1), PHONE)
    assert looked(alone, NOW + 3 * FORGOTTEN, PHONE).on_duty is True
    assert [*alone] == [PHONE]


def _dropped(fact: ev.Payload) -> bool:
    return isinstance(fact, ev.VehicleSilenceDropped)
