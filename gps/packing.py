"""Positions as PostgreSQL's binary COPY reads them, packed by columns. Pure.

What differs from row to row only in its values has one layout: which columns are null, and how long
the text is. Rows of one layout become one array; what a column cannot hold is an OverflowError.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
_EPOCH_S = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_NULL = -1
_UUID, _MOMENT = "V16", ">i8"
_KINDS = {
    "org_id": ">i8",
    "device_id": _UUID,
    "fix_at": _MOMENT,
    "vehicle_id": _UUID,
    "lat": ">f8",
    "lon": ">f8",
    "speed_kmh": ">f8",
    "course_deg": ">i2",
    "altitude_m": ">i4",
    "alarm_bits": ">i8",
    "status_bits": ">i8",
    "sent_at": _MOMENT,
    "received_at": _MOMENT,
    "serial": ">i4",
    "ignition": ">i1",
    "accuracy_m": ">f4",
}
_MOMENTS = frozenset(name for name, _ in _KINDS.items() if name.endswith("_at"))
_IDS = frozenset(name for name, kind in _KINDS.items() if kind == _UUID)


class FixValues(NamedTuple):
    """A row of `fix`, in the order of its columns."""

    org_id: int
    device_id: UUID
    fix_at: datetime
    vehicle_id: UUID | None
    lat: float
    lon: float
    speed_kmh: float
    course_deg: int
    altitude_m: int
    alarm_bits: int
    status_bits: int
    sent_at: datetime | None
    received_at: datetime
    serial: int
    ignition: bool | None
    accuracy_m: float | None
    flags: str


COLUMNS = ", ".join(FixValues._fields)


def packed(rows: Iterable[FixValues]) -> bytes:
    """The whole stream, in groups of one layout."""
    groups: dict[tuple[Any, ...], list[FixValues]] = {}
    for row in rows:
        layout = (row[3] is None, row[11] is None, row[14] is None, row[15] is None, row[16])
        group = groups.get(layout)
        if group is None:
            groups[layout] = [row]
        else:
            group.append(row)
    return b"".join((HEAD, *map(_group, groups.values()), TAIL))


def _group(rows: Sequence[FixValues]) -> bytes:
    first, columns = rows[0], list(zip(*rows, strict=True))
    flags = first.flags.encode()
    kinds = {
        name: kind for (name, kind), value in zip(_KINDS.items(), first, strict=False)
        if value is not None
    }  # fmt: skip
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for name in FixValues._fields[:-1]:
        fields.append((f"{name} length", ">i4"))
        if name in kinds:
            fields.append((name, kinds[name]))
    fields += [("flags length", ">i4"), ("flags", f"S{len(flags)}")]
    found = np.empty(len(rows), dtype=fields)
    found["count"] = len(FixValues._fields)
    for name, values in zip(FixValues._fields[:-1], columns, strict=False):
        kind = kinds.get(name)
        found[f"{name} length"] = np.dtype(kind).itemsize if kind else _NULL
        if kind:
            found[name] = _column(name, kind, values)
    found["flags length"], found["flags"] = len(flags), flags
    return found.tobytes()


def _column(name: str, kind: str, values: Sequence[Any]) -> NDArray[Any]:
    if name in _IDS:
        return np.frombuffer(b"".join([one.bytes for one in values]), dtype=_UUID)
    if name in _MOMENTS:
        seconds = np.array([one.timestamp() for one in values])
        return np.rint((seconds - _EPOCH_S) * 1e6).astype(kind)  # a double is exact to 0.3 µs
    return np.array(values, dtype=kind)
