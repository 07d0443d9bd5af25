"""Meitrack: `$$`, a flag, the length and text or little-endian records, ended by a checksum. Pure.

Source: MEITRACK GPRS Protocol, V1.6 and later: the format of commands, codes of events, AAA, CCC,
CCE. The length counts from the first comma to the end; the checksum is the sum of all bytes up to
the asterisk, its lowest byte in hex.
"""

import re
from collections.abc import Callable, Iterator

from gps.protocols.meitrack_items import alarm_of, parameters, records, temperature
from gps.protocols.objects import words
from gps.protocols.reading import moment, number, pairs, plain, within
from gps.protocols.seam import Conversation, Malformed, Message, Position, Value, Wire

NAME = "meitrack"
LONGEST = 4096
"""Bytes of a frame; packets of photos are the longest and a quarter of it."""
HEAD = re.compile(rb"\$\$([A-z])(\d{1,4}),")
BEGUN = re.compile(rb"\$(?:\$(?:[A-z]\d{0,4})?)?\Z")
"""The end of a stream that may become a head."""
PHOTO_BLOCK = 8
"""Packets of a photo that a device sends until it is asked for the next."""

HUNDREDTH = 0.01
SCALES = {
    "MT90": (6.6 / 4096, HUNDREDTH),
    **dict.fromkeys(("MVT340", "MVT380"), (6 / 1024, 48 / 1024)),
    **dict.fromkeys(
        ("T1", "T3", "MVT100", "MVT600", "MVT800", "TC68", "TC68S"), (6.6 / 4096, 52.8 / 4096)
    ),
}
"""Model → volts of one step of the battery's and the supply's converter."""

COUNTS = (
    ("event", 0),
    ("satellites", 5),
    ("rssi", 6),
    ("odometer_m", 11),
    ("runtime_s", 12),
)
"""Whole numbers of a report, and where they stand."""


class FrameCutter:
    """Cuts by the length of the head; what is no frame is skipped up to the next head.

    While a frame is not whole, a whole one with the right checksum inside it wins: then the outer
    head was cut off or is none.
    """

    def __init__(self) -> None:
        self._held, self._needed = b"", 0

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        self._held += data
        if len(self._held) < self._needed and b"\n" not in data:
            return  # neither the frame that is held nor one inside it has come to its end
        done, kept, last = 0, None, self._held.rfind(b"\r\n")
        for head in HEAD.finditer(self._held):
            at = head.start()
            if at < done:
                continue
            if kept is not None and at > last:
                break
            end = self._end(head)
            if end is None:
                kept = at if kept is None else kept
            elif not end or (kept is not None and not checked(self._held[at:end])):
                continue
            else:
                yield from _skipped(self._held[done:at])
                yield self._held[at:end]
                done, kept = end, None
        if kept is None:
            begun = BEGUN.search(self._held, done)
            kept = begun.start() if begun else len(self._held)
        yield from _skipped(self._held[done:kept])
        self._held = self._held[kept:]
        first = HEAD.match(self._held)
        self._needed = first.end() - 1 + int(first[2]) if first else 0

    def flush(self) -> bytes | Malformed | None:
        """What lacks only the end of its line is whole: lines are often kept without it."""
        self._held = self._held.rstrip(b"\r\n") + b"\r\n"
        head = HEAD.match(self._held)
        whole = head is not None and self._end(head) == len(self._held)
        held, self._held, self._needed = self._held, b"", 0
        if whole:
            return held
        return Malformed("wrong length") if held.strip() else None

    def _end(self, head: re.Match[bytes]) -> int | None:
        """Where the frame ends; None: it is not whole, 0: the length is wrong."""
        length = int(head[2])
        end = head.end() - 1 + length
        if end - head.start() > LONGEST or length < 8:
            return 0
        if end > len(self._held):
            return None
        return end if re.fullmatch(rb"\*[0-9A-Fa-f]{2}\r\n", self._held[end - 5 : end]) else 0


def _skipped(between: bytes) -> Iterator[Malformed]:
    if between.strip():
        yield Malformed("wrong length" if HEAD.search(between) else "no frame")


def checked(frame: bytes) -> bool:
    """Whether the checksum of a frame is right."""
    return sum(frame[:-4]) & 0xFF == int(frame[-4:-2], 16)


def decode(frame: bytes, conversation: Conversation) -> Message:
    """One frame with its head and end. Raises Malformed."""
    head = HEAD.match(frame)
    if head is None or not re.fullmatch(rb"\*[0-9A-Fa-f]{2}\r\n", frame[-5:]):
        raise Malformed("no frame")
    if int(head[2]) != len(frame) - head.end() + 1:
        raise Malformed("wrong length")
    if not checked(frame):
        raise Malformed("wrong checksum")
    device, _, rest = frame[head.end() : -5].partition(b",")
    command, _, content = rest.partition(b",")
    imei, word = plain(device), plain(command)
    if not (imei.isascii() and imei.isalnum() and len(imei) <= 20):
        raise Malformed(f"imei: {imei[:20]!r}")
    read = MESSAGES.get(word, _other)
    return read(Told(plain(head[1]), imei, word, content, conversation))


class Told:
    """What a frame carries: its flag, the device, the word and what follows it."""

    def __init__(
        self, flag: str, imei: str, word: str, content: bytes, conversation: Conversation
    ) -> None:
        self.flag, self.imei, self.word, self.content = flag, imei, word, content
        self.model = conversation.model.upper()

    def fields(self) -> list[str]:
        return plain(self.content).split(",")

    def answer(self, content: str, flag: str = "") -> bytes:
        """A frame to the device, by default with the flag of its own."""
        tail = f",{self.imei},{content}*"
        frame = f"@@{flag or self.flag}{len(tail) + 4}{tail}".encode("latin-1")
        return frame + b"%02X\r\n" % (sum(frame) & 0xFF)


def _report(told: Told) -> Message:
    """`[number,]event,latitude,longitude,time,A|V,satellites,signal,speed,course,hdop,altitude,
    odometer,runtime,cell,io,adc[,event data,…,version,fuel,temperatures]`.
    """
    fields = told.fields()
    if len(fields) > 4 and _is_time(fields[4]) and not _is_time(fields[3]):
        fields = fields[1:]
    if len(fields) < 11 or not _is_time(fields[3]):
        raise Malformed("report: no time where one belongs")
    latitude, longitude = number(fields[1], "latitude"), number(fields[2], "longitude")
    within(latitude, longitude)
    position = Position(
        time=moment(pairs(fields[3])),
        valid=fields[4] == "A",
        latitude=latitude,
        longitude=longitude,
        altitude_m=number(fields[10], "altitude") if fields[10].strip() else None,
        speed_kmh=number(fields[7], "speed", 0.0),
        course=number(fields[8], "course", 0.0),
        attributes=_details(fields + [""] * 12, told.model),
    )
    return Message("report", told.imei, (position,))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12


def _is_time(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit()


def _details(fields: list[str], model: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, at in COUNTS:
        if _is_count(fields[at]):
            found[name] = int(fields[at])
    if fields[9].strip():
        found["hdop"] = number(fields[9], "hdop")
    found |= alarm_of(found.get("event"))
    if found.get("event") == 37 and fields[16]:
        found["driver"] = words(fields[16])
    found |= _cell(fields[13]) | _inputs(fields[14]) | _volts(fields[15].split("|"), model)
    if (fuel := _hex(fields[19], 4)) is not None and fuel >> 8 <= 100:
        found["fuel_percent"] = (fuel >> 8) + (fuel & 0xFF) / 100
    return found | _temperatures(fields[20], fields[18])


def _cell(text: str) -> dict[str, Value]:
    parts = text.split("|")
    if len(parts) < 4 or not (_is_count(parts[0]) and _is_count(parts[1])):
        return {}
    lac, cid = _hex(parts[2]), _hex(parts[3])
    if not lac or cid is None:
        return {}
    return {"cell": f"{int(parts[0])}-{int(parts[1])}-{lac}-{cid}"}


def _inputs(text: str) -> dict[str, Value]:
    lines = _hex(text, 4)
    return {} if lines is None else {"inputs": lines >> 8, "outputs": lines & 0xFF}


def _volts(parts: list[str], model: str) -> dict[str, Value]:
    """Three converters as they are, then battery and supply in volts. Hex, or decimals in volts."""
    if len(parts) < 5:
        return {}
    found: dict[str, Value] = {}
    for at, text in enumerate(parts[:3], 1):
        if (raw := _hex(text)) is not None:
            found[f"analog_{at}"] = raw
    scales = SCALES.get(model, (HUNDREDTH, HUNDREDTH))
    for name, text, scale in zip(("battery_v", "power_v"), parts[3:5], scales, strict=True):
        if "." in text:
            found[name] = number(text, name)
        elif (raw := _hex(text)) is not None:
            found[name] = round(raw * scale, 3)
    return found


def _temperatures(text: str, version: str) -> dict[str, Value]:
    fine = _is_count(version) and int(version) >= 3
    found: dict[str, Value] = {}
    for one in text.split("|")[:16]:
        if (raw := _hex(one, 6)) is not None:
            found |= temperature(raw >> 16, raw & 0xFFFF, fine=fine)
    return found


def _hex(text: str, digits: int | None = None) -> int | None:
    """The number of up to eight (or just so many) hex digits; None for what is none."""
    fits = re.fullmatch(r"[0-9A-Fa-f]{1,8}", text)
    return int(text, 16) if fits and digits in (None, len(text)) else None


def _records(told: Told) -> Message:
    found = records(told.content)
    return Message("records", told.imei, found, told.answer(f"CCC,{len(found)}"))


def _parameters(told: Told) -> Message:
    found, placeless = parameters(told.content)
    return Message("parameters", told.imei, found, attributes=placeless)


def _presence(told: Told) -> Message:
    return Message("presence", told.imei, answer=told.answer("AAC,1"))


def _photo_ready(told: Told) -> Message:
    """The camera has a photo: ask for its first packets."""
    return Message("photo ready", told.imei, answer=told.answer("D00,camera_picture.jpg,0", "O"))


def _photo(told: Told) -> Message:
    """`file,packets,index,bytes`: after each block of packets, ask for the next."""
    parts = told.content.split(b",", 3)
    if len(parts) < 4 or not (parts[1].isdigit() and parts[2].isdigit()):
        raise Malformed("photo: no packet")
    name, packets, index = plain(parts[0])[:64], int(parts[1][:6]), int(parts[2][:6])
    more = (index + 1) % PHOTO_BLOCK == 0 and index + 1 < packets
    answer = told.answer(f"D00,{name},{index + 1}", "O") if more else b""
    return Message(
        "photo", told.imei, answer=answer, attributes={"photo": words(name), "packet": index}
    )


def _other(told: Told) -> Message:
    """The device's answer to a command, or a report that we do not know by its word."""
    fields = told.fields()
    if len(fields) > 10 and (_is_time(fields[3]) or _is_time(fields[4])):
        return _report(told)
    result = words(f"{told.word},{plain(told.content)}")
    return Message("result", told.imei, attributes={"result": result})


MESSAGES: dict[str, Callable[[Told], Message]] = {
    "AAA": _report,
    "AAC": _presence,
    "CCC": _records,
    "CCE": _parameters,
    "D00": _photo,
    "D03": _photo_ready,
}
"""Word of a frame → what reads it; all others are answers to commands."""

WIRE = Wire(
    name=NAME,
    title="Meitrack",
    port=5020,
    text=True,
    cutter=FrameCutter,
    decode=decode,
)
