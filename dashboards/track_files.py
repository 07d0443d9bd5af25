"""A track as a file, text by text as its positions come: GeoJSON, GPX 1.1, CSV. Pure.

Nothing holds more than a piece of the track.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal, NamedTuple
from xml.sax.saxutils import escape

from core.coordinates import Datum, convert
from dashboards.tracks import Seen

Format = Literal["geojson", "gpx", "csv"]
UNSEEN = timedelta(seconds=120)
"""Between two positions further apart nobody saw the vehicle: the line is broken."""
LINE_POINTS = 1000
"""Of one line of GeoJSON; the next begins where it ends."""
KMH_PER_MS = 3.6
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COLUMNS = (
    "time,plate,latitude,longitude,speed_kmh,course_deg,altitude_m,accuracy_m,ignition,counted,"
    "rule,device_id\r\n"
)


class Asked(NamedTuple):
    """What the file is of. `zone`: of the times in a table; the other formats are in UTC."""

    plate: str
    since: datetime
    until: datetime
    datum: Datum
    zone: tzinfo
    every: bool


class Kind(NamedTuple):
    media_type: str
    write: Callable[[Asked, Iterable[Seen]], Iterator[str]]


def file_name(asked: Asked, form: Format) -> str:
    """Such as `paidan-track-京A00001-20260302T0800.gpx`, on the clock of the installation."""
    plate = re.sub(r"[^\w-]+", "_", asked.plate)
    return f"paidan-track-{plate}-{asked.since.astimezone(asked.zone):%Y%m%dT%H%M}.{form}"


def geojson(asked: Asked, track: Iterable[Seen]) -> Iterator[str]:
    """The way as lines with their times and speeds; with `every`, each position as a point."""
    features = _points(asked, track) if asked.every else _lines(asked, track)
    head = {"plate": asked.plate, "from": _utc(asked.since), "to": _utc(asked.until)}
    told = json.dumps({**head, "datum": asked.datum}, ensure_ascii=False)
    yield f'{{"type":"FeatureCollection","properties":{told},"features":['
    for index, feature in enumerate(features):
        text = json.dumps(feature, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        yield f",\n{text}" if index else f"\n{text}"
    yield "\n]}\n"


def _points(asked: Asked, track: Iterable[Seen]) -> Iterator[dict[str, Any]]:
    for seen in track:
        told = {
            "time": _utc(seen.at),
            "speed_kmh": seen.speed_kmh,
            "course_deg": seen.course_deg,
            "altitude_m": seen.altitude_m,
            "accuracy_m": seen.accuracy_m,
            "ignition": seen.ignition,
            "counted": seen.counted,
            "rule": seen.rule,
            "device_id": str(seen.device_id),
        }
        yield _feature("Point", _lon_lat(asked, seen), told)


def _lines(asked: Asked, track: Iterable[Seen]) -> Iterator[dict[str, Any]]:
    line: list[Seen] = []
    for seen in track:
        if line and seen.at - line[-1].at > UNSEEN:
            yield _line(asked, line)
            line = []
        elif len(line) == LINE_POINTS:
            yield _line(asked, line)
            line = line[-1:]
        line.append(seen)
    if line:
        yield _line(asked, line)


def _line(asked: Asked, line: list[Seen]) -> dict[str, Any]:
    points = [_lon_lat(asked, seen) for seen in line]
    told = {
        "from": _utc(line[0].at),
        "to": _utc(line[-1].at),
        "coordTimes": [_utc(seen.at) for seen in line],
        "speeds_kmh": [round(seen.speed_kmh, 1) for seen in line],
    }
    if len(line) == 1:
        return _feature("Point", points[0], told)
    return _feature("LineString", points, told)


def _feature(kind: str, coordinates: Any, told: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": told, "geometry": geometry}


def gpx(asked: Asked, track: Iterable[Seen]) -> Iterator[str]:
    """GPX 1.1; speed and course as Garmin's TrackPointExtension 2 has them (m/s, degrees).

    `cmt` of a point is the rule that set it aside. Altitude 0 is what a device sends that tells
    none: it is left out.
    """
    plate = escape(_NO_XML.sub("", asked.plate))
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="Paidan" xmlns="http://www.topografix.com/GPX/1/1"'
        ' xmlns:x="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">\n'
        f"<metadata><name>{plate}</name><time>{_utc(asked.since)}</time></metadata>\n"
        f"<trk><name>{plate}</name>\n"
    )
    last: Seen | None = None
    for seen in track:
        if last is None:
            yield "<trkseg>\n"
        elif seen.at - last.at > UNSEEN:
            yield "</trkseg>\n<trkseg>\n"
        yield _trkpt(seen)
        last = seen
    yield f"{'</trkseg>' if last else ''}</trk></gpx>\n"


def _trkpt(seen: Seen) -> str:
    altitude = f"<ele>{seen.altitude_m}</ele>" if seen.altitude_m else ""
    aside = "" if seen.counted else f"<cmt>{escape(seen.rule)}</cmt>"
    return (
        f'<trkpt lat="{seen.lat:.6f}" lon="{seen.lon:.6f}">{altitude}<time>{_utc(seen.at)}</time>'
        f"{aside}<extensions><x:TrackPointExtension>"
        f"<x:speed>{seen.speed_kmh / KMH_PER_MS:.2f}</x:speed>"
        f"<x:course>{seen.course_deg}</x:course>"
        "</x:TrackPointExtension></extensions></trkpt>\n"
    )


def table(asked: Asked, track: Iterable[Seen]) -> Iterator[str]:
    """A line a position; the mark at the front makes spreadsheets read it as UTF-8."""
    yield "\ufeff" + _COLUMNS
    plate = _cell(asked.plate)
    for seen in track:
        lon, lat = _lon_lat(asked, seen)
        ignition = "" if seen.ignition is None else int(seen.ignition)
        accuracy = "" if seen.accuracy_m is None else f"{seen.accuracy_m:g}"
        yield (
            f"{seen.at.astimezone(asked.zone).isoformat()},{plate},{lat:.6f},{lon:.6f},"
            f"{seen.speed_kmh:g},{seen.course_deg},{seen.altitude_m},{accuracy},{ignition},"
            f"{int(seen.counted)},{seen.rule},{seen.device_id}\r\n"
        )


def _cell(text: str) -> str:
    """What a spreadsheet takes as text, not as a formula."""
    text = f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
    return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text


def _lon_lat(asked: Asked, seen: Seen) -> tuple[float, float]:
    lat, lon = convert(seen.lat, seen.lon, given="wgs84", wanted=asked.datum)
    return round(lon, 6), round(lat, 6)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


KINDS: dict[Format, Kind] = {
    "geojson": Kind("application/geo+json", geojson),
    "gpx": Kind("application/gpx+xml", gpx),
    "csv": Kind("text/csv; charset=utf-8", table),
}
