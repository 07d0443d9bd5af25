"""Values of JSON objects and forms, as apps send them. Pure. All raise Malformed.

Whatever the bytes are: numbers are finite, texts are short, printable and can be stored.
"""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from gps.protocols.reading import LARGEST, since
from gps.protocols.seam import Malformed, Value, shown

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS = 1e11
"""Numbers from here on are milliseconds (of 1973 and later): as seconds, of the year 5138."""
LONGEST_NAME, LONGEST_TEXT, LONGEST_IDENTITY = 40, 500, 128
MOST = 60
"""Attributes of one position."""
NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
STAMP = re.compile(r"\d{1,17}(?:\.\d{1,9})?", re.ASCII)


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object of a body."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("body: not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("body: not a JSON object")
    return found


def branch(value: Any) -> dict[str, Any]:
    """An object; empty where there is none."""
    return value if isinstance(value, dict) else {}


def words(value: str) -> str:
    """A text with blanks for what cannot be stored or shown."""
    return shown(value[:LONGEST_TEXT]).strip()


def identity(value: Any) -> str:
    """Who a device is: a text or a whole number."""
    told = words(str(value)) if isinstance(value, str | int) and value is not True else ""
    if not told or len(told) > LONGEST_IDENTITY:
        raise Malformed("no id")
    return told


def decimal(value: Any, name: str) -> float | None:
    """A finite number; None where there is none."""
    if value is None:
        return None
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not -LARGEST <= found <= LARGEST:
        raise Malformed(f"{name}: no number")
    return found


def positive(value: Any, name: str) -> float | None:
    """A number; None where there is none or it is negative, by which apps say that too."""
    found = decimal(value, name)
    return None if found is None or found < 0 else found


def moment_of(value: Any, name: str = "time") -> datetime:
    """UTC of seconds or milliseconds since 1970 or of ISO 8601; without a zone it is UTC."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{decimal(value, name):.6f}"
    if not isinstance(value, str):
        raise Malformed(f"{name}: no time")
    if STAMP.fullmatch(value):
        stamp = float(value)
        return since(EPOCH, stamp if stamp < MILLISECONDS else stamp / 1000, name)
    try:
        found = datetime.fromisoformat(value[:40])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"{name}: {words(value)[:20]!r} is no time") from None


def named(key: str) -> str:
    """A key as the name of an attribute: `batteryLevel` is battery_level; empty: it can be none."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
    return re.sub(r"[^a-z0-9]+", "_", snake).strip("_")[:LONGEST_NAME]


def typed(value: str) -> Value:
    """A number, true or false where the text is one; else the text."""
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return words(value)


def attribute(value: Any) -> Value | None:
    """What an attribute may be; None for anything else."""
    if isinstance(value, str):
        return words(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and -LARGEST <= value <= LARGEST:
        return value
    return None
