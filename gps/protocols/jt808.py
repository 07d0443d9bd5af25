"""JT/T 808 (2011, 2013, 2019), what makers have added to it, and locks on the same port. Pure.

Framing, header and bodies are read by `gps.jt808`, as the gateway reads them. All times of the
terminal are GMT+8, as the standard has it.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

from gps.jt808 import downlink, uplink
from gps.jt808.framing import (
    BodyError,
    Frame,
    FrameError,
    Reassembler,
    build_message,
    parse_frame,
)
from gps.protocols import jt808_items, jt808_locks
from gps.protocols.jt808_frames import OTHER, Frames, build_other, parse_other
from gps.protocols.reading import number
from gps.protocols.seam import Conversation, Malformed, Message, Position, Value, Wire

NAME = "jt808"
SENDERS = 4
"""Terminals on one connection whose parts are kept."""

REASONS = {"wrong body length": "wrong length"}

Answers = list[tuple[int, bytes]]
"""Message id and body each."""


def decode(frame: bytes, conversation: Conversation) -> Message:
    """One frame with its marks. Raises Malformed."""
    if frame[:1] == b"(":
        return jt808_locks.decode_text(frame, conversation)
    if jt808_locks.speaks(frame[1:-1]):
        return jt808_locks.decode(frame[1:-1])
    try:
        other = frame[:1] == bytes([OTHER])
        found = parse_other(frame[1:-1]) if other else parse_frame(frame[1:-1])
    except FrameError as error:
        raise Malformed(REASONS.get(error.reason, error.reason)) from None
    return _message(found, conversation)


def _message(frame: Frame, conversation: Conversation) -> Message:
    device = frame.identity
    try:
        whole = _parts(frame, conversation).add(frame)
        if whole is None:
            return Message("part", device, answer=_wire(frame, _part_answers(frame, conversation)))
        kind, read, answers = MESSAGES.get(frame.message_id, UNKNOWN)
        if frame.encryption:
            kind, read, answers = UNKNOWN
        said = read(whole, conversation)
    except (BodyError, FrameError, Malformed) as error:
        result = downlink.UNSUPPORTED if str(error).startswith("unknown") else downlink.BAD_MESSAGE
        reason = error.reason if isinstance(error, FrameError) else str(error)
        raise Malformed(reason, _wire(frame, [_ack(frame, result)])) from None
    return replace(
        said, kind=kind, device=device, answer=_wire(frame, answers(whole, conversation))
    )


def _parts(frame: Frame, conversation: Conversation) -> Reassembler:
    """The parts that this terminal has sent so far."""
    senders: OrderedDict[str, Reassembler]
    senders = conversation.memory.setdefault(NAME, OrderedDict())
    found = senders.setdefault(frame.terminal, Reassembler())
    while len(senders) > SENDERS:
        senders.popitem(last=False)
    return found


def _part_answers(frame: Frame, conversation: Conversation) -> Answers:
    """Every part is confirmed; behind the last one, those that are missing are asked for."""
    answers = [_ack(frame, downlink.OK)]
    if frame.package and frame.package[0] == frame.package[1]:
        parts = _parts(frame, conversation)
        body = downlink.build_ask_missing(
            parts.first_serial(frame), parts.missing(frame), version=frame.version
        )
        answers.append((downlink.ASK_MISSING, body))
    return answers


def _ack(frame: Frame, result: int) -> tuple[int, bytes]:
    body = downlink.build_platform_ack(frame.serial, frame.message_id, result)
    return downlink.PLATFORM_ACK, body


def _wire(frame: Frame, answers: Answers) -> bytes:
    """In the terminal's form of header. The serial is 0: whoever sends counts its own."""
    wires = []
    for message_id, body in answers:
        if len(frame.terminal) == 14:
            wires.append(build_other(frame, message_id, body))
        else:
            wires += build_message(
                message_id, body, terminal=frame.terminal, serial=0, version=frame.version
            )
    return b"".join(wires)


def _locations(frame: Frame, conversation: Conversation) -> Message:
    """0x0200, and 0x0201 behind the serial that it answers."""
    body = frame.body[2:] if frame.message_id == 0x0201 else frame.body
    return Message("", positions=(_position(uplink.parse_location(body), frame, conversation),))


def _batch(frame: Frame, conversation: Conversation) -> Message:
    batch = uplink.parse(frame)
    if not isinstance(batch, uplink.Batch):
        raise Malformed("unknown message")
    more: dict[str, Value] = {"archived": True} if batch.kind == 1 else {}
    positions = (_position(one, frame, conversation, **more) for one in batch.locations)
    return Message("", positions=tuple(positions))


def _short_batch(frame: Frame, conversation: Conversation) -> Message:
    """A maker's 0x0210: positions whose length is one byte, or the battery's level."""
    body, found, at = frame.body, [], 0
    if len(body) == 7:
        return Message("", attributes={"battery_percent": body[0]})
    while at < len(body):
        end = at + 1 + body[at]
        found.append(_position(uplink.parse_location(body[at + 1 : end]), frame, conversation))
        at = end
    return Message("", positions=tuple(found))


def _position(
    one: uplink.Location, frame: Frame, conversation: Conversation, **more: Value
) -> Position:
    told = jt808_items.attributes_of(
        one.alarm_bits,
        one.status_bits,
        one.extra,
        model=conversation.model,
        version=frame.version,
    )
    return Position(
        time=one.fix_at,
        valid=one.positioned,
        latitude=one.lat,
        longitude=one.lon,
        altitude_m=float(one.altitude_m),
        speed_kmh=one.speed_kmh,
        course=float(one.course_deg),
        attributes=told | more,
    )


def _nothing(_frame: Frame, _conversation: Conversation) -> Message:
    return Message("")


def _unknown(frame: Frame, _conversation: Conversation) -> Message:
    how = "unknown encryption" if frame.encryption else "unknown message"
    raise Malformed(f"{how} {frame.message_id:#06x}")


INTRODUCTION = {
    "imei": "imei",
    "iccid": "iccid",
    "software": "firmware",
    "firmware": "firmware",
    "model": "model",
    "plate": "plate",
}
"""What a terminal says of itself → attribute."""


def _introduced(frame: Frame, _conversation: Conversation) -> Message:
    said = uplink.parse(frame)
    told: dict[str, Value] = {}
    for said_as, name in INTRODUCTION.items():
        if value := getattr(said, said_as, ""):
            told[name] = value
    return Message("", attributes=told)


def _card(frame: Frame, _conversation: Conversation) -> Message:
    """0x0702: a driver's card was put in, or taken out."""
    body = frame.body
    if len(body) < 7:
        raise BodyError("a driver's card has seven bytes")
    told: dict[str, Value] = {"driver_present": body[0] == 1}
    if body[0] == 1 and len(body) > 8:
        end = 9 + body[8]
        driver, code = jt808_items.text(body[9:end]), jt808_items.text(body[end : end + 20])
        told |= {key: one for key, one in (("driver_name", driver), ("driver", code)) if one}
    return Message("", attributes=told)


def _text(
    skip: int, encoding: str, name: str = "result"
) -> Callable[[Frame, Conversation], Message]:
    def read(frame: Frame, _conversation: Conversation) -> Message:
        said = frame.body[skip:].decode(encoding, "replace")
        return Message("", attributes={name: "".join(filter(str.isprintable, said))[:500]})

    return read


ENGINE = {1: "power_v", 2: "rpm", 3: "obd_speed_kmh", 4: "throttle_percent",
          5: "engine_load_percent", 6: "coolant_c"}  # fmt: skip
"""Places in the text of an engine's report."""


TAGS = b"\x53", b"\x54"
"""Kinds of 0x0900 that say where wireless tags were heard."""


def _through(frame: Frame, conversation: Conversation) -> Message:
    """0x0900: what a device behind the terminal says. Engines in text and in items are read, and
    where tags were heard.
    """
    kind, data = frame.body[:1], frame.body[1:]
    if kind in TAGS:
        place = uplink.parse_location(data[:28])
        return Message("", positions=(_position(place, frame, conversation),))
    if kind == b"\xf0":
        return Message("", attributes=jt808_items.obd(data[9:]))
    said = jt808_items.text(data)
    told: dict[str, Value] = {}
    if kind == b"\x41" and "$OBD-RT," in said:
        fields = said.partition("$")[2].split(",")
        told = {ENGINE[at]: number(one, ENGINE[at], 0.0) for at, one in enumerate(fields)
                if at in ENGINE}  # fmt: skip
    elif kind in (b"\x40", b"\x41"):
        told = {"data": said[:500]}
    return Message("", attributes=told)


def _acked(frame: Frame, _conversation: Conversation) -> Answers:
    return [_ack(frame, downlink.OK)]


def _silent(_frame: Frame, _conversation: Conversation) -> Answers:
    return []


def _registered(frame: Frame, _conversation: Conversation) -> Answers:
    """The code for later connections: the digits of the terminal itself."""
    code = frame.terminal if frame.terminal.isdigit() else frame.identity
    return [(downlink.REGISTER_ACK, downlink.build_register_ack(frame.serial, 0, code))]


def _time(_frame: Frame, conversation: Conversation) -> Answers:
    return [(downlink.TIME, downlink.build_time(conversation.now()))]


def _makers_time(_frame: Frame, conversation: Conversation) -> Answers:
    at = conversation.now().astimezone(UTC)
    clock = bytes([at.month, at.day, at.hour, at.minute, at.second])
    return [(0x8109, at.year.to_bytes(2, "big") + clock + b"\x00")]


Reader = Callable[[Frame, Conversation], Message]
Answerer = Callable[[Frame, Conversation], Answers]

UNKNOWN: tuple[str, Reader, Answerer] = ("unknown", _unknown, _acked)

MESSAGES: dict[int, tuple[str, Reader, Answerer]] = {
    0x0001: ("acknowledgement", _nothing, _silent),
    0x0002: ("heartbeat", _nothing, _acked),
    0x0003: ("logout", _nothing, _acked),
    0x0004: ("time", _nothing, _time),
    0x0005: ("parts missing", _nothing, _silent),
    0x0100: ("registration", _introduced, _registered),
    0x0102: ("authentication", _introduced, _acked),
    0x0104: ("settings", _nothing, _silent),
    0x0107: ("attributes", _introduced, _acked),
    0x0109: ("time", _nothing, _makers_time),
    0x0200: ("position", _locations, _acked),
    0x0201: ("position asked for", _locations, _silent),
    0x0210: ("positions", _short_batch, _acked),
    0x0301: ("key", _nothing, _acked),
    0x0302: ("choice", _nothing, _acked),
    0x0701: ("waybill", _text(4, "gbk", "data"), _acked),
    0x0702: ("driver", _card, _acked),
    0x0704: ("positions", _batch, _acked),
    0x0900: ("passed through", _through, _acked),
    0x1007: ("time zone", _nothing, _acked),
    0x1300: ("text", _text(2, "utf-16-be"), _acked),
    0x6006: ("text", _text(1, "gbk"), _acked),
}
"""Message id → name, what it says, what it is answered with."""

WIRE = Wire(
    name=NAME,
    title="JT/T 808-2011, -2013, -2019",
    port=5015,
    text=False,
    cutter=Frames,
    decode=decode,
)
