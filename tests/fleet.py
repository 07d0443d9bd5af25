"""Vehicles that drove, and fences in their way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from core.clock import now
from gps import pipeline
from gps.fix import Fix
from tests.gps.drives import METRES_PER_DEGREE, START, Drive
from tests.office import ORG_ID, Office

LAT, LON = 39.92, 116.40
_used: list[int] = []


def enrolled(office: Office, crew: str = "east-1") -> tuple[UUID, UUID]:
    """A new vehicle of a crew with a terminal; device and vehicle."""
    admin = office.person("admin")
    _used.append(1)
    vehicle = admin.post(
        "/api/vehicles", {"plate": f"京A{len(_used):05d}", "crew_id": office.unit(crew)}
    )
    body = {"identity": f"1390000{len(_used):04d}", "vehicle_id": vehicle["id"]}
    return UUID(admin.post("/api/devices", body)["id"]), UUID(vehicle["id"])


def drive(device: UUID, way: Drive, every: int = 10, ago_s: int = 0) -> None:
    """Driven until `ago_s` seconds ago, sent in one go."""
    way.lat, way.lon = LAT, LON
    begin = (now() - timedelta(seconds=way.second + ago_s)).replace(microsecond=0)
    fixes = [
        Fix(
            device,
            begin + (one.at - START),
            now(),
            one.lat,
            one.lon,
            one.speed_kmh,
            ignition=one.ignition,
        )
        for one in way.sights(every)
    ]
    pipeline.write(ORG_ID, fixes)


def fence(north: float = 0.0, **more: Any) -> dict[str, Any]:
    """A circle so many metres north of where drives begin."""
    _used.append(1)
    circle = {"kind": "circle", "lat": LAT + north / METRES_PER_DEGREE, "lon": LON}
    return {
        "code": f"f{len(_used)}",
        "name_zh": "围栏",
        "name_en": "Fence",
        "purpose": "zone",
        "shape": {**circle, "radius_m": 150},
        **more,
    }
