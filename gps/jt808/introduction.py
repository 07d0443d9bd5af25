"""What a terminal says of itself: registration, login, attributes (JT/T 808-2011, -2013, -2019)."""

import struct
from dataclasses import dataclass

from gps.jt808.framing import BodyError, Frame

REGISTER = 0x0100
AUTHENTICATE = 0x0102
ATTRIBUTES = 0x0107

_WIDTHS = {"2011": (5, 8, 7), "2013": (5, 20, 7), "2019": (11, 30, 30)}
"""Bytes of maker, model and terminal id in 0x0100."""


@dataclass(frozen=True, slots=True)
class Register:
    """0x0100. `device` is the terminal id that its maker gave it; `standard` the year of the form
    that it registered in.
    """

    province: int
    city: int
    maker: str
    model: str
    device: str
    colour: int
    plate: str
    standard: str = "2013"


@dataclass(frozen=True, slots=True)
class Authenticate:
    """0x0102. Only 2019 tells the IMEI and the software's version."""

    code: str
    imei: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True)
class Attributes:
    """0x0107: what the terminal is. `terminal` is the id that its maker gave it."""

    maker: str
    model: str
    device: str
    iccid: str
    hardware: str
    firmware: str


def parse_introduction(frame: Frame) -> Register | Authenticate | Attributes:
    """0x0100, 0x0102, 0x0107. BodyError for a body that cannot be."""
    if frame.message_id == REGISTER:
        return _parse_register(frame)
    if frame.message_id == AUTHENTICATE:
        return _parse_authenticate(frame)
    return _parse_attributes(frame)


def _parse_authenticate(frame: Frame) -> Authenticate:
    body = frame.body
    if frame.version is None:
        return Authenticate(_text(body))
    if not body or len(body) < 1 + body[0]:
        raise BodyError("the authentication code is cut off")
    code, rest = body[1 : 1 + body[0]], body[1 + body[0] :]
    return Authenticate(_text(code), _text(rest[:15]), _text(rest[15:35]))


def _parse_attributes(frame: Frame) -> Attributes:
    """Kind, maker, model, terminal id, ICCID, and two versions that say their length."""
    widths = _WIDTHS["2013" if frame.version is None else "2019"]
    body, at = frame.body, 2
    if len(body) < at + sum(widths) + 10:
        raise BodyError("the attributes are cut off")
    texts = []
    for width in widths:
        texts.append(_text(body[at : at + width]))
        at += width
    iccid = body[at : at + 10].hex().lstrip("0")
    at += 10
    for _ in range(2):
        length = body[at] if at < len(body) else 0
        texts.append(_text(body[at + 1 : at + 1 + length]))
        at += 1 + length
    return Attributes(texts[0], texts[1], texts[2], iccid, texts[3], texts[4])


def _parse_register(frame: Frame) -> Register:
    body, at = frame.body, 4
    standard = _form_of(body) if frame.version is None else "2019"
    if len(body) < at + sum(_WIDTHS[standard]) + 1:
        raise BodyError("the registration is cut off")
    province, city = struct.unpack_from(">HH", body)
    texts = []
    for width in _WIDTHS[standard]:
        texts.append(_text(body[at : at + width]))
        at += width
    plate = _text(body[at + 1 :])
    return Register(province, city, texts[0], texts[1], texts[2], body[at], plate, standard)


def _form_of(body: bytes) -> str:
    """2011 has an 8-byte model, 2013 has 20; both are met under the same header.

    No number plate fills the difference; the chassis number of a vehicle without one (colour 0)
    does.
    """
    chassis = body[25:]
    without_plate = body[24:25] == b"\x00" and len(chassis) == 17 and chassis.isalnum()
    return "2011" if len(body) < 37 or without_plate else "2013"


def _text(data: bytes) -> str:
    """Padding goes, wherever it stands, and what no screen can show: no database keeps a NUL."""
    return "".join(filter(str.isprintable, data.decode("gbk", "replace"))).strip()


def build_register(register: Register, *, version: int | None = None) -> bytes:
    """Body of 0x0100 in the form of its `standard`, or of 2019 when `version` is given."""
    widths = _WIDTHS[register.standard if version is None else "2019"]
    texts = (register.maker, register.model, register.device)
    fields = [
        text.encode("gbk", "replace")[:width].ljust(width, b"\x00")
        for text, width in zip(texts, widths, strict=True)
    ]
    return b"".join(
        (
            struct.pack(">HH", register.province, register.city),
            *fields,
            bytes([register.colour]),
            register.plate.encode("gbk", "replace"),
        )
    )


def build_attributes(said: Attributes, *, version: int | None = None) -> bytes:
    """Body of 0x0107 of a terminal for buses and lorries, with all satellites and networks."""
    widths = _WIDTHS["2013" if version is None else "2019"]
    fields = [
        text.encode("gbk", "replace")[:width].ljust(width, b"\x00")
        for text, width in zip((said.maker, said.model, said.device), widths, strict=True)
    ]
    versions = [text.encode("gbk", "replace") for text in (said.hardware, said.firmware)]
    return b"".join(
        (
            b"\x00\x07",
            *fields,
            bytes.fromhex(said.iccid.zfill(20)),
            *(bytes([len(text)]) + text for text in versions),
            b"\xff\xff",
        )
    )


def build_authenticate(
    code: str, *, version: int | None = None, imei: str = "", software: str = ""
) -> bytes:
    """Body of 0x0102 in the form of 2013, or of 2019 when `version` is given."""
    data = code.encode("gbk")
    if version is None:
        return data
    more = imei.encode()[:15].ljust(15, b"\x00") + software.encode()[:20].ljust(20, b"\x00")
    return bytes([len(data)]) + data + more
