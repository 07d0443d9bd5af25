"""GT06, which Concox, Jimi and many others speak: binary, `7878` or `7979`, length, number. Pure.

Source: the vendor's general protocol (GT06 1.8.1; Concox/Jimi JM series 1.1.7). The bytes of the
single blocks are in gt06_items, lists of values in gt06_reports.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta

from gps.protocols import gt06_reports as reports
from gps.protocols.binary import Framed, Framing, Reader, Short, crc_x25
from gps.protocols.gt06_items import (
    FIX,
    STATUS,
    Block,
    Told,
    altitude,
    archived,
    camera,
    cell,
    cell_before,
    cell_of_two,
    cells,
    clock,
    counted,
    driver,
    fence,
    ignition,
    imei,
    information,
    level,
    reason,
    seeworld_volts,
    signal,
    skip,
)
from gps.protocols.seam import Conversation, Malformed, Message, Position, Wire

NAME = "gt06"
END = b"\r\n"
SHORTEST, LONGEST = 10, 4096
"""Bytes of a frame that begins with 7979; the vendor's texts and modules are far shorter."""
NO_ZONE = timedelta(0)
FAR = timedelta(hours=14)
"""No zone is further from UTC."""

Answer = Callable[[int, int, int, bytes, Conversation], bytes]
"""Of the kind of frame (0x78, 0x79), message number, serial and content."""


def frame(kind: int, number: int, content: bytes, serial: int) -> bytes:
    """One message of the server."""
    size = (len(content) + 5).to_bytes(1 if kind == SHORT else 2, "big")
    body = size + bytes((number,)) + content + serial.to_bytes(2, "big")
    return bytes((kind, kind)) + body + crc_x25(body).to_bytes(2, "big") + END


SHORT, LONG = 0x78, 0x79


def echo(_kind: int, number: int, serial: int, _content: bytes, _at: Conversation) -> bytes:
    """The number of the message, short, whatever was asked."""
    return frame(SHORT, number, b"", serial)


def long_echo(_kind: int, number: int, serial: int, _content: bytes, _at: Conversation) -> bytes:
    """The same in a long frame."""
    return frame(LONG, number, b"", serial)


def silence(_kind: int, _number: int, _serial: int, _content: bytes, _at: Conversation) -> bytes:
    """Nothing is waited for."""
    return b""


def utc_now(_kind: int, number: int, serial: int, _content: bytes, at: Conversation) -> bytes:
    """The clock of the server, from which the device sets its own."""
    told = at.now().astimezone(UTC)
    parts = (told.year % 100, told.month, told.day, told.hour, told.minute, told.second)
    return frame(SHORT, number, bytes(parts), serial)


def no_address(_kind: int, _number: int, _serial: int, _content: bytes, _at: Conversation) -> bytes:
    """An address in words, which is not known."""
    words = b"NA&&NA&&0##"
    return frame(LONG, 0x97, bytes((len(words),)) + bytes(4) + words, 0)


def first_block(_kind: int, _number: int, _serial: int, content: bytes, _at: Conversation) -> bytes:
    """Of a photo that was announced by its number: its first 1,024 bytes, please."""
    return frame(SHORT, 0x36, content[-4:] + bytes(4) + (1024).to_bytes(2, "big"), 0)


@dataclass(frozen=True, slots=True)
class Form:
    """One layout of a message. `sizes`: of its content; empty: any. `models`: that send it so;
    empty: any. `needs`: so many of its blocks must be there, the others may be cut off.
    """

    name: str
    blocks: tuple[Block, ...] = ()
    answer: Answer = echo
    sizes: range | tuple[int, ...] = ()
    models: frozenset[str] = frozenset()
    needs: int = 0


def located(
    *more: Block,
    before: tuple[Block, ...] = (),
    name: str = "location",
    answer: Answer = echo,
    sizes: range | tuple[int, ...] = (),
    models: frozenset[str] = frozenset(),
) -> Form:
    """A layout with a place, behind `before`."""
    blocks = (*before, *FIX, *more)
    return Form(name, blocks, answer, sizes, models, needs=len(before) + len(FIX))


BEFORE_STATUS = (cell_before(len(STATUS)), *STATUS)
BEFORE_FENCE = (cell_before(len(STATUS) + 1), *STATUS, fence)
REPORT = (ignition, reason, archived, counted("odometer_m", 4))
POWER = counted("power_v", 2, 0.01)
BATTERY = counted("battery_v", 1, 0.1)
VOLTS = (information, POWER, BATTERY, signal, skip(2), counted("odometer_m", 3))
UTC_NUMBERS = frozenset({0x22, 0x26, 0x27, 0x28, 0x2A, 0xA0, 0xA1, 0xA4})
"""Messages whose time is UTC whatever the zone of the device is (JM series, protocol numbers)."""
NAMED = (skip(1), imei, skip(6))
NAMED_MODELS = frozenset({"NT11", "NT20", "NT26", "NT40", "NT46", "VL100", "XT40"})
"""Models that name themselves and their own time before each place."""

named = located(
    skip(1), cell(8), *VOLTS, counted("engine_hours", 3, 1 / 60), before=NAMED, models=NAMED_MODELS
)
neighbours = Form("cells", (cells(2, 3),))
wide_neighbours = Form("cells", (cells(4, 8),))
optional_place = Form("location", (clock, reports.optional_place), long_echo)

MESSAGES: Mapping[tuple[int, int], tuple[Form, ...]] = {
    (SHORT, 0x01): (Form("login", (imei,), needs=1),),
    (SHORT, 0x10): (located(),),
    (SHORT, 0x11): (located(cell_of_two),),
    (SHORT, 0x12): (
        located(cell(8), before=(imei,), models=frozenset({"QH302R"})),
        located(cell(8), counted("odometer_m", 4), sizes=(36,)),
        located(cell(8), information, POWER, signal, sizes=(31,)),
        located(cell(8)),
    ),
    (SHORT, 0x13): (
        Form("heartbeat", (skip(5), reports.percent, skip(1), POWER), sizes=(14,)),
        Form("heartbeat", (information, level, signal, seeworld_volts)),
    ),
    (SHORT, 0x14): (Form("satellites"),),
    (SHORT, 0x15): (Form("result", (skip(1), reports.text(2))),),
    (SHORT, 0x16): (located(*BEFORE_STATUS, name="alarm"),),
    (SHORT, 0x17): (located(cell(8), driver(8), sizes=(35,)), Form("cells", (cell(8),))),
    (SHORT, 0x18): (neighbours,),
    (SHORT, 0x19): (Form("status", (cell(8), *STATUS)),),
    (SHORT, 0x1A): (located(),),
    (SHORT, 0x1E): (located(),),
    (SHORT, 0x21): (Form("result", (reports.text_reply,)),),
    (SHORT, 0x22): (named, located(cell(8), *REPORT)),
    (SHORT, 0x23): (Form("heartbeat", (information, counted("battery_v", 2, 0.01), signal)),),
    (SHORT, 0x24): (
        located(
            cell(8), ignition, POWER, counted("battery_v", 2, 0.01), answer=silence, sizes=(41,)
        ),
        neighbours,
    ),
    (SHORT, 0x25): (named, located(*BEFORE_STATUS, name="alarm")),
    (SHORT, 0x26): (located(*BEFORE_STATUS, name="alarm"),),
    (SHORT, 0x27): (located(*BEFORE_FENCE, name="alarm"),),
    (SHORT, 0x28): (neighbours,),
    (SHORT, 0x2A): (Form("address", answer=no_address),),
    (SHORT, 0x2C): (neighbours,),
    (SHORT, 0x2D): (located(cell(8)),),
    (SHORT, 0x2E): (neighbours,),
    (SHORT, 0x31): (located(cell_of_two, *REPORT, altitude),),
    (SHORT, 0x32): (located(*BEFORE_STATUS, name="alarm"),),
    (SHORT, 0x34): (
        located(
            skip(2),
            counted("odometer_m", 4),
            cell(9),
            driver(4),
            POWER,
            counted("battery_v", 2, 0.01),
            before=(skip(4),),
            answer=silence,
        ),
    ),
    (SHORT, 0x35): (Form("photo", answer=first_block),),
    (SHORT, 0x36): (
        located(cell(9), *REPORT, POWER, BATTERY, sizes=(48,)),
        Form("status", (information, skip(1), signal, skip(2), reports.battery)),
    ),
    (SHORT, 0x37): (located(cell(8)),),
    (SHORT, 0x38): (located(cell(8)),),
    (SHORT, 0x39): (located(cell(8)),),
    (SHORT, 0x61): (located(cell(9), skip(2), driver(4), before=(imei,)),),
    (SHORT, 0x80): (Form("command", answer=silence),),
    (SHORT, 0x81): (Form("command", answer=silence),),
    (SHORT, 0x82): (Form("command", answer=silence),),
    (SHORT, 0x8A): (Form("time", answer=utc_now),),
    (SHORT, 0x94): (Form("information", (reports.power,), silence),),
    (SHORT, 0x95): (Form("event", (camera,)),),
    (SHORT, 0xA0): (located(cell(15), *REPORT),),
    (SHORT, 0xA1): (wide_neighbours,),
    (SHORT, 0xA2): (
        located(
            cell(15),
            skip(1),
            information,
            POWER,
            level,
            signal,
            skip(2),
            counted("odometer_m", 4),
            counted("engine_hours", 4, 1 / 60),
            sizes=(59,),
        ),
        wide_neighbours,
    ),
    (SHORT, 0xA3): (
        located(*BEFORE_STATUS, name="alarm", sizes=range(32, 256)),
        Form("status", (skip(4), signal, skip(8), reports.percent), sizes=(19,)),
        Form("status", STATUS),
    ),
    (SHORT, 0xA4): (located(*BEFORE_FENCE, name="alarm"),),
    (SHORT, 0xA5): (Form("alarm", BEFORE_STATUS),),
    (SHORT, 0xA7): (Form("address", (cell(15),)),),
    (SHORT, 0xF3): (Form("networks", (clock,), silence),),
    (LONG, 0x21): (Form("result", (reports.text_reply,), silence),),
    (LONG, 0x32): (optional_place,),
    (LONG, 0x33): (optional_place,),
    (LONG, 0x40): (Form("battery", answer=silence),),
    (LONG, 0x41): (Form("photo", answer=long_echo),),
    (LONG, 0x66): (Form("diagnosis", answer=silence),),
    (LONG, 0x70): (Form("modules", (reports.modules(5, 2, reports.MODULES),)),),
    (LONG, 0x8C): (Form("diagnosis", answer=silence),),
    (LONG, 0x94): (Form("information", (reports.information,), silence),),
    (LONG, 0x9B): (Form("serial", (reports.serial_data,), silence),),
    (LONG, 0xF1): (Form("status", (reports.modules(4, 1, reports.STATES),)),),
}
"""Kind of frame and number → the layouts of the message; the first that fits. No later block is
read where the content ends."""


def decode(data: bytes, conversation: Conversation) -> Message:
    """One whole frame. Raises Malformed."""
    if len(data) < SHORTEST:
        raise Malformed("wrong length")
    kind = data[0]
    start = 3 if kind == SHORT else 4
    number, content = data[start], data[start + 1 : -6]
    serial = int.from_bytes(data[-6:-4], "big")
    form = _form(kind, number, len(content), conversation.model)
    zone = conversation.memory.get(NAME, NO_ZONE) if number not in UTC_NUMBERS else NO_ZONE
    told = Told(conversation.model, zone)
    _read(form, Reader(content), told)
    device = told.device
    if form.name == "login":
        conversation.memory.setdefault(NAME, _zone(content))
    elif conversation.device is not None:
        device = conversation.device
    if device is None:
        raise Malformed("no device has identified itself")
    answer = form.answer(kind, number, serial, content, conversation)
    if told.place is None:
        return Message(form.name, device, answer=answer, attributes=told.attributes)
    return Message(form.name, device, (_position(told, told.place),), answer)


def _form(kind: int, number: int, size: int, model: str) -> Form:
    for one in MESSAGES.get((kind, number), ()):
        if (not one.sizes or size in one.sizes) and (not one.models or model in one.models):
            return one
    if kind == LONG:
        raise Malformed(f"unknown message 0x{number:02x}")
    return Form("unknown")


def _read(form: Form, reader: Reader, told: Told) -> None:
    for at, block in enumerate(form.blocks):
        try:
            block(reader, told)
        except Short:
            if at < form.needs:
                raise
            return


def _zone(content: bytes) -> timedelta:
    """How far the clock of the device is ahead of UTC: hours times 100 and minutes, then the bit of
    the west; nothing where the login does not say.
    """
    if len(content) < 12:
        return NO_ZONE
    word = int.from_bytes(content[10:12], "big")
    hours, minutes = divmod(word >> 4, 100)
    ahead = timedelta(hours=hours, minutes=minutes)
    if ahead > FAR:
        return NO_ZONE
    return -ahead if word & 8 else ahead


def _position(told: Told, where: tuple[float, float]) -> Position:
    return Position(
        told.time,
        told.valid,
        *where,
        altitude_m=told.altitude_m,
        speed_kmh=told.speed_kmh,
        course=told.course,
        attributes=told.attributes,
    )


def _extent(head: bytes) -> int:
    """Length in all of the frame that begins so; see Framed."""
    if len(head) < 4:
        return 0
    return head[2] + 5 if head[0] == SHORT else int.from_bytes(head[2:4], "big") + 6


def _flaw(data: bytes) -> str | None:
    if not data.endswith(END):
        return "wrong length"
    told = int.from_bytes(data[-4:-2], "big")
    return None if told == crc_x25(data[2:-4]) else "wrong checksum"


FRAMING = Framing(re.compile(rb"\x78\x78|\x79\x79"), 2, 10, LONGEST, _extent, _flaw)
WIRE = Wire(
    name=NAME,
    title="GT06 (Concox, Jimi)",
    port=5023,
    text=False,
    cutter=lambda: Framed(FRAMING),
    decode=decode,
)
