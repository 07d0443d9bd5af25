"""Queclink @Track: text."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps.protocols.gl200 import LONGEST, WIRE
from gps.protocols.seam import Malformed, Message, Value
from tests.protocols.stream import GARBAGE, LATITUDES, LONGITUDES, SIZES, TIMES, heard, talk

IMEI = "861234567890123"
FIXES = st.fixed_dictionaries(
    {
        "time": TIMES,
        "latitude": LATITUDES,
        "longitude": LONGITUDES,
        "altitude": st.none() | st.integers(-4000, 80_000).map(lambda one: one / 10),
        "speed": st.none() | st.integers(0, 9999).map(lambda one: one / 10),
        "course": st.none() | st.integers(0, 359),
        "accuracy": st.integers(0, 50),
    }
)
FIX: dict[str, Any] = {
    "time": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    "latitude": 31.25,
    "longitude": -121.5,
    "altitude": 12.5,
    "speed": 44.0,
    "course": 90,
    "accuracy": 1,
}
SENT = "20260203040512"


def block(fix: dict[str, Any], more: str = "0460,0001,1F2E,0A1B2C3D") -> str:
    """A fix with its cell, as it stands in every message."""
    speed, course, altitude = (
        "" if fix[name] is None else str(fix[name]) for name in ("speed", "course", "altitude")
    )
    return (
        f"{fix['accuracy']},{speed},{course},{altitude},{fix['longitude']:.6f},"
        f"{fix['latitude']:.6f},{fix['time']:%Y%m%d%H%M%S},{more}"
    )


def message(word: str, body: str, *, version: str = "1A0900", kind: str = "RESP") -> bytes:
    return f"+{kind}:GT{word},{version},{IMEI},{body},{SENT},0A1F$".encode()


def same(position: Any, fix: dict[str, Any]) -> bool:
    return bool(
        position.time == fix["time"]
        and position.valid
        and abs(position.latitude - fix["latitude"]) < 1e-9
        and abs(position.longitude - fix["longitude"]) < 1e-9
        and (position.altitude_m, position.speed_kmh, position.course)
        == (fix["altitude"], fix["speed"], fix["course"])
    )


def told(data: bytes) -> Message:
    messages, reasons = heard(WIRE, data)
    assert reasons == []
    (one,) = messages
    return one


def said(data: bytes) -> dict[str, Value]:
    """What the one message says beside the place."""
    one = told(data)
    return dict(one.positions[-1].attributes if one.positions else one.attributes)


@given(fixes=st.lists(FIXES, min_size=1, max_size=15), sizes=SIZES)
def test_all_fixes_of_a_report_come_back_in_any_chunks(
    fixes: list[dict[str, Any]], sizes: list[int]
) -> None:
    blocks = ",".join(block(one) + ",12.5" for one in fixes)
    messages, reasons = heard(WIRE, message("FRI", f"van,0,0,{len(fixes)},{blocks},77"), sizes)
    assert reasons == []
    (one,) = messages
    assert (one.device, one.answer) == (IMEI, b"")
    assert len(one.positions) == len(fixes)
    assert all(map(same, one.positions, fixes))
    assert one.positions[-1].attributes["battery_percent"] == 77
    assert all(each.attributes["odometer_m"] == 12500 for each in one.positions)


@given(fix=FIXES, word=st.sampled_from(["SOS", "STT", "IGN", "TEM", "PNL", "XYZ"]))
def test_the_fix_of_any_word_is_read(fix: dict[str, Any], word: str) -> None:
    one = told(message(word, f"van,,00,1,{block(fix)},"))
    assert same(one.positions[0], fix)
    assert one.positions[0].attributes["event"] == word


def test_what_a_vehicle_reports() -> None:
    body = f"van,12650,10,1,{block(FIX)},01,9,1234.5,00017:30:00,,,88,220302,,,"
    assert said(message("FRI", body, version="6E0A03", kind="BUFF")) == {
        "hdop": 1.0,
        "cell": "460-1-7982-169552957",
        "satellites": 9,
        "odometer_m": 1234500,
        "power_v": 12.65,
        "engine_hours": 17.5,
        "battery_percent": 88,
        "ignition": True,
        "motion": True,
        "inputs": 3,
        "outputs": 2,
        "archived": True,
    }


def test_a_position_that_is_repeated_says_so() -> None:
    """Accuracy 0: no fix now; place and time are of the last one."""
    one = told(message("IGF", f"van,120,{block(FIX | {'accuracy': 0})},,,5.0"))
    assert one.positions[0].valid
    assert one.positions[0].attributes["last_known"] is True
    assert one.positions[0].attributes["ignition"] is False
    assert one.positions[0].attributes["odometer_m"] == 5000


@pytest.mark.parametrize(
    ("word", "body", "expected"),
    [
        ("SOS", "van,,00,1,{}", {"alarm": "sos"}),
        ("TOW", "van,,00,1,{}", {"alarm": "tow"}),
        ("HBM", "van,,11,1,{}", {"alarm": "harsh_acceleration"}),
        ("HBM", "van,,20,1,{}", {"alarm": "harsh_braking"}),
        ("GEO", "van,,30,1,{}", {"alarm": "geofence_exit"}),
        ("GEO", "van,,31,1,{}", {"alarm": "geofence_enter"}),
        ("DIS", "van,,21,1,{}", {"input_2": True}),
        ("NMR", "van,,00,1,{}", {"motion": False}),
        ("STT", "van,22,{}", {"ignition": True, "motion": True}),
        ("STT", "van,16,{}", {"ignition": False, "alarm": "tow"}),
        ("TEM", "van,3,61,{}", {"alarm": "temperature", "temperature_c": 61.0}),
        ("JDS", "van,2,{}", {"alarm": "jamming"}),
        ("JDS", "van,1,{}", {"alarm": None}),
        ("IDA", "van,,01C68011010000C7,1,1,{}", {"driver": "01C68011010000C7"}),
        ("MPF", "van,{}", {"alarm": "power_cut"}),
        ("BTC", "van,{}", {"charging": True}),
        ("DAT", "van,1,,,hello,{}", {"data": "hello"}),
        ("SOS", "1G1JC5444R7252367,van,,00,1,{}", {"vin": "1G1JC5444R7252367"}),
    ],
)
def test_what_words_say(word: str, body: str, expected: dict[str, Value]) -> None:
    found = said(message(word, body.format(block(FIX)) + ",", version="060228"))
    assert {name: found.get(name) for name in expected} == expected


def test_probes_on_one_wire() -> None:
    body = (
        f"van,00000002,13000,10,1,{block(FIX)},00,1.0,,,90,110000,2,2,"
        "28FF4560A3150483,1,0190,28FF4560A3150484,1,FF38,0"
    )
    found = said(message("ERI", body, version="060502"))
    assert (found["temperature_1_c"], found["temperature_2_c"]) == (25.0, -12.5)
    assert (found["battery_percent"], found["power_v"], found["ignition"]) == (90, 13.0, False)


def test_wireless_tags() -> None:
    tag = "00,6,4,0D1C099A,283F,Cold box,7805414BA78A,1,3453,-4.5,33,24.58,100"
    other = "01,6,4,,003F,,EA7D0A3882F6,1,,21,"
    half = "02,6,4,,0002,EA7D0A3882F7"
    body = f"van,00000100,13000,10,1,{block(FIX)},00,1.0,,,,,99,210100,,3,{tag},{other},{half},"
    found = said(message("ERI", body, version="80201E0100"))
    assert {key: found[key] for key in found if key.startswith("tag")} == {
        "tag_1_id": "7805414BA78A",
        "tag_1_name": "Cold box",
        "tag_1_battery_v": 3.453,
        "tag_1_temperature_c": -4.5,
        "tag_1_humidity_percent": 33.0,
        "tag_2_id": "EA7D0A3882F6",
        "tag_2_temperature_c": 21.0,
    }


def test_the_cell_stands_behind_a_list_of_stations() -> None:
    stations = "2,0e36c9916485,-50,,,,e831cd5eb79d,-73,,,"
    body = f"van,0,1,1,{block(FIX, stations + ',0310,0010,711D,81ECF0F')},00,,93"
    found = said(message("FRI", body, version="423037"))
    assert (found["cell"], found["battery_percent"]) == ("310-10-28957-136236815", 93)


def test_the_bus_of_a_vehicle() -> None:
    """Only the fields whose bits are set are there."""
    body = f"van,00,1,C00008DF,,2,H1234,50.5,900,80,L/H1.5,120.75,{block(FIX)}"
    found = said(message("CAN", body, version="310603"))
    assert {key: found[key] for key in found if key not in ("hdop", "cell", "event")} == {
        "ignition": True,
        "obd_odometer_m": 123400,
        "fuel_used_l": 50.5,
        "rpm": 900,
        "coolant_c": 80,
    } | {"engine_hours": 120.75}


def test_a_report_of_the_bus_vouches_only_for_a_fix_of_now() -> None:
    body = f"van,00,1,C0000002,1,{block(FIX | {'accuracy': 0})}"
    assert not told(message("CAN", body)).positions[0].valid


def test_information_has_no_place() -> None:
    body = "van,42,898600810906F8048812,18,99,1,12500,,4.19,1,1,1,0,0,20260203040000,100,,,,"
    one = told(message("INF", body))
    assert one.positions == ()
    assert one.attributes == {
        "event": "INF",
        "motion": True,
        "iccid": "898600810906F8048812",
        "rssi": 18,
        "power_v": 12.5,
        "battery_v": 4.19,
        "charging": True,
    }


def test_no_fix_yet_is_no_position() -> None:
    one = told(message("FRI", "van,0,0,1,0,,,,,,,0460,0001,1F2E,0A1B,,77"))
    assert (one.device, one.positions) == (IMEI, ())


def test_a_heartbeat_is_answered() -> None:
    one = told(f"+ACK:GTHBD,1A0401,{IMEI},van,{SENT},11F0$".encode())
    assert (one.kind, one.answer) == ("heartbeat", b"+SACK:GTHBD,1A0401,11F0$")


def test_an_answer_to_a_command_is_told() -> None:
    assert said(message("GEO", "van,0,0008", kind="ACK")) == {"result": "GTGEO"}


@pytest.mark.parametrize("end", [b"", b"$", b"\0", b"\r\n"])
def test_the_last_message_may_lack_its_end(end: bytes) -> None:
    assert same(told(message("SOS", f"van,,00,1,{block(FIX)},")[:-1] + end).positions[0], FIX)


def test_a_message_that_is_cut_off_does_not_hide_the_next() -> None:
    messages, reasons = heard(WIRE, b"+RESP:GTFRI,1A0900,86123" + message("FRI", block(FIX)))
    assert ([one.kind for one in messages], reasons) == (["FRI"], ["cut off"])


@given(before=GARBAGE, between=GARBAGE, sizes=SIZES)
def test_garbage_between_messages_loses_nothing(
    before: bytes, between: bytes, sizes: list[int]
) -> None:
    first, second = message("SOS", block(FIX)), message("TOW", block(FIX))
    messages, _ = heard(WIRE, before + first + between + second, sizes)
    assert [one.kind for one in messages] == ["SOS", "TOW"]


@pytest.mark.parametrize(
    "binary",
    [
        b"+RSP\x07\x00\x00\x00\x00\x00\x14" + b"$" * 7 + b"\r\n",
        b"+HBD\xff\x10" + b"+" * 8 + b"\r\n",
        b"+\x00\x00\x09+RESP$"[:9] + b"$"[:0],
    ],
)
def test_binary_messages_are_cut_and_refused(binary: bytes) -> None:
    messages, reasons = heard(WIRE, binary + message("SOS", block(FIX)))
    assert [one.kind for one in messages] == ["SOS"]
    assert reasons


@given(st.binary(max_size=3000), st.sampled_from([b"+RESP:", b"+RSP", b"+\0\x0f\xff", b"\r\n"]))
def test_what_is_kept_is_bounded(data: bytes, start: bytes) -> None:
    cutter = WIRE.cutter()
    for _ in range(4):
        list(cutter.feed(start + data))
    assert len(cutter._held) <= LONGEST


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("+RESP:GTFRI,861234567890123,0", "protocol version"),
        ("+RESP:GTFRI,1A0900,a b,0", "unique id"),
        (f"+RESP:GTFRI,1A0900,{IMEI},1,1,1,1,200.000000,10.000000,20260203040506,,,", "place"),
        (f"+RESP:GTFRI,1A0900,{IMEI},1,1,1,1,100.000000,10.000000,20261303040506,,,", "time"),
        (f"+RESP:GTFRI,1A0900,{IMEI},1,x,1,1,100.000000,10.000000,20260203040506,,,", "speed"),
        (f"+ACK:GTHBD,1A0900,{IMEI},,", "count"),
    ],
)
def test_what_a_message_cannot_say_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        WIRE.decode(text.encode(), talk())
