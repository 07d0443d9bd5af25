"""The source of a vehicle in the pipeline: when another device counts, and which is not with it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from core.events import VehicleDeviceApart, VehicleDeviceTogether, VehicleSourceChanged
from gps.memory import is_phone, sources_of
from gps.sources import Heard, Sources, apart, kind_of

if TYPE_CHECKING:
    from gps.pipeline import Batch

Fact = VehicleSourceChanged | VehicleDeviceApart | VehicleDeviceTogether


class Told(NamedTuple):
    """A fact about the devices of a vehicle, and when it was so."""

    vehicle_id: UUID
    at: datetime
    fact: Fact


def compare_sources(batch: "Batch") -> None:
    """Behind the filters: what they decided about the sources of the batch's vehicles."""
    counting = {vehicle: latest.device_id for vehicle, latest in batch.before.items()}
    for vehicle, fix in batch.kept:
        before = counting.get(vehicle)
        if before == fix.device_id:
            continue
        counting[vehicle] = fix.device_id
        if before is not None:
            kind = kind_of(phone=fix.phone)
            fact = VehicleSourceChanged(device_id=fix.device_id, before=before, kind=kind)
            batch.sources.append(Told(vehicle, fix.at, fact))
    for vehicle in batch.seen & batch.latest.keys():
        old = batch.before.get(vehicle)
        if old is None or is_phone(old.motion) != is_phone(batch.latest[vehicle].motion):
            batch.source_shown.add(vehicle)
        if old is not None:
            was, now = sources_of(old.motion), batch.known[vehicle].sources
            _strayed(batch, vehicle, _apart(was), _apart(now))


def _apart(sources: Sources | None) -> dict[UUID, Heard]:
    return apart(sources) if sources is not None else {}


def _strayed(batch: "Batch", vehicle: UUID, old: dict[UUID, Heard], new: dict[UUID, Heard]) -> None:
    for device in sorted(new.keys() - old.keys()):
        one = new[device]
        fact = VehicleDeviceApart(
            device_id=device, kind=kind_of(phone=one.phone), metres=one.apart_m
        )
        at = datetime.fromtimestamp(one.apart_at, UTC)
        batch.sources.append(Told(vehicle, at, fact))
    for device in sorted(old.keys() - new.keys()):
        together = VehicleDeviceTogether(device_id=device)
        batch.sources.append(Told(vehicle, batch.uow.now, together))


def record_sources(batch: "Batch") -> None:
    for one in batch.sources:
        batch.uow.emit(one.vehicle_id, one.fact, occurred_at=one.at, source="gps")
    for vehicle in batch.source_shown | {one.vehicle_id for one in batch.sources}:
        batch.uow.touch("vehicle", vehicle)
