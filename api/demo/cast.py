"""Who plays in the demo city: read from `demo.json`, whose shape `api/demo/seed.py` tells."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "demo.json"
LatLon = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Login:
    """A simulated person. `unit`: code of the unit."""

    login: str
    password: str
    role: str
    unit: str
    unit_id: str


@dataclass(frozen=True, slots=True)
class CentreSeat:
    """A repair centre and its dispatcher."""

    code: str
    unit_id: str
    home: LatLon
    login: Login


@dataclass(frozen=True, slots=True)
class CrewSeat:
    """A crew, its home, its vehicle and the digits of the terminal in it."""

    code: str
    unit_id: str
    centre: str
    trade: str
    home: LatLon
    vehicle_id: str
    terminal: str
    login: Login


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, and the hotline's number."""

    seed: int
    hotline_number: str
    carrier_token: str
    agents: tuple[Login, ...]
    lead: Login
    centres: tuple[CentreSeat, ...]
    crews: tuple[CrewSeat, ...]

    def centre_of(self, unit_id: str | None) -> CentreSeat | None:
        return next((one for one in self.centres if one.unit_id == unit_id), None)


def read_cast(data_dir: Path) -> Cast:
    """The cast of the installation in this data directory. FileNotFoundError where it has none."""
    return cast_of(json.loads((data_dir / FILE).read_text(encoding="utf-8")))


def cast_of(kept: dict[str, Any]) -> Cast:
    """The cast of what `demo.json` holds."""
    staff = {one["login"]: _login(one) for one in kept["staff"]}
    by_unit = {(one.role, one.unit): one for one in staff.values()}
    return Cast(
        seed=kept["seed"],
        hotline_number=kept["hotline_number"],
        carrier_token=kept["carrier_token"],
        agents=tuple(one for one in staff.values() if one.role == "agent"),
        lead=next(one for one in staff.values() if one.role == "shift_lead"),
        centres=tuple(
            CentreSeat(
                one["code"],
                one["unit_id"],
                (one["lat"], one["lon"]),
                by_unit["dispatcher", one["code"]],
            )
            for one in kept["centres"]
        ),
        crews=tuple(
            CrewSeat(
                code=one["code"],
                unit_id=one["unit_id"],
                centre=one["centre"],
                trade=one["trade"],
                home=(one["lat"], one["lon"]),
                vehicle_id=one["vehicle_id"],
                terminal=one["terminal"],
                login=staff[one["login"]],
            )
            for one in kept["crews"]
        ),
    )


def _login(one: dict[str, Any]) -> Login:
    return Login(one["login"], one["password"], one["role"], one["unit"], one["unit_id"])
