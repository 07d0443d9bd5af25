"""What a gateway remembers of vehicles from batch to batch, so as not to read and parse it again.

The row of a vehicle stays its lease and the truth (docs/decisions/0010): every batch locks it and
writes it. What is remembered is used only where nobody else has written the row since: PostgreSQL
marks each version of a row with the transaction that wrote it (`xmin`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from gps.fences import Inside
from gps.filters import Known
from gps.movements import Way
from gps.repository import Cursor, Latest, lock_latest, lock_versions
from gps.rhythm import Rhythm

MOST = 50_000
"""Vehicles; those that were written longest ago are forgotten."""


@dataclass(slots=True)
class Remembered:
    """A vehicle as the last batch left it: its row, and what was made of the row's JSON."""

    latest: Latest
    known: Known
    way: Way | None
    inside: Inside | None
    rhythms: Mapping[UUID, Rhythm]


class Memory:
    """Of one writer: one thread at a time."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, UUID], tuple[str, Remembered]] = {}

    def lock(
        self, cur: Cursor, org_id: int, vehicles: Sequence[UUID]
    ) -> tuple[dict[UUID, Latest], dict[UUID, Remembered]]:
        """Lock these vehicles; their latest positions, and what is remembered of some of them."""
        known: dict[UUID, Remembered] = {}
        for vehicle, version in lock_versions(cur, org_id, vehicles).items():
            kept = self._kept.get((org_id, vehicle))
            if kept is not None and kept[0] == version:
                known[vehicle] = kept[1]
        found = {vehicle: one.latest for vehicle, one in known.items()}
        if unknown := [vehicle for vehicle in vehicles if vehicle not in known]:
            found |= lock_latest(cur, org_id, unknown)
        return found, known

    def keep(self, org_id: int, version: str, left: Mapping[UUID, Remembered]) -> None:
        """These were written and committed by the transaction `version`."""
        for vehicle, one in left.items():
            key = org_id, vehicle
            self._kept.pop(key, None)
            self._kept[key] = version, one
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def forget(self, org_id: int, vehicles: Iterable[UUID]) -> None:
        """What was made of them was changed, and not written."""
        for vehicle in vehicles:
            self._kept.pop((org_id, vehicle), None)
