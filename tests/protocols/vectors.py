"""Captured messages of real devices with what a peer's decoder makes of them, where the machine has
them beside the project.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "gps" / "vectors"
KNOT_KMH = 1 / 0.539957
FILES = {"nmea": "t55_nmea"}
SKIPPED = ("frame", "frame_incomplete", "frame_encode", "encode_command")
DEGREES, KMH, COURSE, METRES = 2e-5, 0.06, 0.51, 0.51


@dataclass(frozen=True)
class Method:
    """The messages of one test of the peer: they share a connection."""

    name: str
    vectors: list[dict[str, Any]]


@cache
def methods(protocol: str) -> list[Method]:
    """All of one protocol; skips where there are none."""
    path = FOLDER / f"{FILES.get(protocol, protocol)}.json"
    if not path.exists():
        pytest.skip("no captured messages beside the project (../shared/gps/vectors)")
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in json.loads(path.read_text())["vectors"]:
        if one["kind"] not in SKIPPED and not one.get("disabled"):
            found.setdefault((one["test_class"], one["test_method"]), []).append(one)
    return [Method(".".join(name), list(_whole(rows))) for name, rows in found.items()]


def _whole(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All but a login that brings a position which came before it, in a message we do not have."""
    here = {one["seq"] for one in rows}
    for one in rows:
        brings = one.get("device_ref") == "login" and one["traccar_output"]["positions"]
        if not brings or one["seq"] - 1 in here:
            yield one


def sound(vector: dict[str, Any]) -> bool:
    """Whether checksum and length are right, so that a strict decoder takes it."""
    framing = vector.get("framing") or {}
    if framing.get("body_length_declared") != framing.get("body_length_actual"):
        return False
    return framing.get("checksum_ok") is not False and framing.get("length_ok") is not False


def line_of(vector: dict[str, Any]) -> str:
    """The line of `paidan gps decode` for it."""
    given = vector["input"]
    if given["type"] == "http_request":
        return json.dumps({key: given.get(key) for key in ("method", "uri", "headers", "body")})
    return str(vector["wire_hex"] or given["hex"])


def differences(vector: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """What is unlike the peer's result: positions with a place of their own, and the answer."""
    peer = vector["traccar_output"]
    wanted = [one for one in peer["positions"] if not one["outdated"]]
    found = [f"error {told['error']}"] if told["error"] and (wanted or peer["responses"]) else []
    if len(wanted) != len(told["positions"]):
        found.append(f"{len(told['positions'])} positions, not {len(wanted)}")
    for mine, theirs in zip(told["positions"], wanted, strict=False):
        found += _unlike(mine, theirs, clock=peer["time_depends_on_clock"])
    if not peer["responses_depend_on_clock"]:
        theirs = "".join(map(_hex, peer["responses"]))
        if theirs != (told["response_hex"] or ""):
            found.append(f"answer {told['response_hex']}, not {theirs}")
    return found


def _hex(response: dict[str, Any]) -> str:
    given = response.get("wire_hex") or response.get("hex")
    return str(given or response.get("text", "").encode("latin-1").hex())


def _unlike(mine: dict[str, Any], theirs: dict[str, Any], *, clock: bool) -> list[str]:
    found = []
    if not clock and _moment(mine["time"]) != _moment(theirs["fixTime"]):
        found.append(f"time {mine['time']}, not {theirs['fixTime']}")
    if mine["valid"] != theirs["valid"]:
        found.append(f"valid {mine['valid']}")
    pairs = (
        ("latitude", theirs["latitude"], DEGREES),
        ("longitude", theirs["longitude"], DEGREES),
        ("speed_kmh", theirs["speed_knots"] * KNOT_KMH, KMH),
        ("course", theirs["course"], COURSE),
        ("altitude_m", theirs["altitude"], METRES),
    )
    for name, value, most in pairs:
        if abs((mine[name] or 0.0) - value) > most:
            found.append(f"{name} {mine[name]}, not {value}")
    return found


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))
