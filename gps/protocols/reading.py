"""Readings that several protocols share. Pure. All raise Malformed, naming what they read."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gps.protocols.seam import Malformed

DAY, HALF_DAY = timedelta(days=1), timedelta(hours=12)
LARGEST = 1e15
"""What is more than this is no measured value."""

LONGEST_NUMBER = 40
"""Digits."""


def degrees(text: str, hemisphere: str, name: str) -> float:
    """Degrees of `DDMM.mmmm` or `DDDMM.mmmm` and N, S, E or W; the last two digits before the point
    are minutes.
    """
    head, _, tail = text.strip().partition(".")
    digits = head + tail
    if not (head and digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER):
        raise Malformed(f"{name}: {text[:20]!r} is no angle")
    minutes = float(f"{head[-2:]}.{tail or '0'}")
    value = int(head[:-2] or "0") + minutes / 60
    if minutes >= 60:
        raise Malformed(f"{name}: {text[:20]!r} has too many minutes")
    return signed(value, hemisphere, name)


def signed(value: float, hemisphere: str, name: str) -> float:
    """With the sign of N, S, E, W, within its range."""
    most = {"N": 90, "S": 90, "E": 180, "W": 180}.get(hemisphere.upper())
    if most is None:
        raise Malformed(f"{name}: {hemisphere[:5]!r} is no hemisphere")
    if value > most:
        raise Malformed(f"{name}: {value:.6g} degrees")
    return -value if hemisphere.upper() in "SW" else value


def within(latitude: float, longitude: float) -> None:
    """Refuse what is not on the globe."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Malformed(f"place: {latitude:.6g}, {longitude:.6g}")


def number(text: str, name: str, empty: float | None = None) -> float:
    """A finite number; `empty` where nothing stands."""
    stripped = text.strip()
    if not stripped and empty is not None:
        return empty
    try:
        value = float(stripped.encode("ascii").replace(b"_", b"?"))
    except ValueError:
        raise Malformed(f"{name}: {text[:20]!r} is no number") from None
    if "_" in stripped or not abs(value) <= LARGEST:
        raise Malformed(f"{name}: {text[:20]!r} is no number")
    return value


def moment(parts: Sequence[int | str], name: str = "time", milliseconds: int = 0) -> datetime:
    """UTC of year (two digits: of this century), month, day, hour, minute, second."""
    try:
        year, month, day, hour, minute, second = (int(one) for one in parts)
        year += 2000 if year < 100 else 0
        return datetime(year, month, day, hour, minute, second, milliseconds * 1000, tzinfo=UTC)
    except (ValueError, OverflowError):
        said = "-".join(str(one)[:40] for one in parts)
        raise Malformed(f"{name}: {said[:40]!r} is no time") from None


def pairs(text: str, name: str = "time") -> list[int]:
    """The numbers of `YYMMDDhhmmss` and its likes, two digits each."""
    if not (text.isascii() and text.isdigit()) or len(text) % 2:
        raise Malformed(f"{name}: {text[:20]!r} are no digits")
    return [int(text[at : at + 2]) for at in range(0, len(text), 2)]


def plain(frame: bytes) -> str:
    """The text of a frame: ISO 8859-1, so that every byte is some character."""
    return frame.decode("latin-1")


def nearest(clock: Sequence[int], to: datetime) -> datetime:
    """UTC of hour, minute, second on the day that brings it within twelve hours of `to`.

    Exactly twelve hours: before it.
    """
    found = moment([to.year, to.month, to.day, *clock], "utc")
    apart = found.replace(second=0) - to.replace(second=0, microsecond=0)
    try:
        if apart >= HALF_DAY:
            return found - DAY
        return found + DAY if apart < -HALF_DAY else found
    except OverflowError:
        raise Malformed(f"utc: {to:%Y-%m-%d} is no date") from None


def since(epoch: datetime, seconds: float, name: str = "time") -> datetime:
    """So many seconds after `epoch`."""
    try:
        return epoch + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise Malformed(f"{name}: {seconds:.6g} seconds") from None
