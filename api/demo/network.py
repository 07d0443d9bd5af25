"""The distribution network of the demo city, laid along its streets.

One substation in each district; from it the shortest ways along the streets to all crossings of
the district make its feeders, cut in three sections by their distance; transformers stand at the
crossings.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, Point

from api.demo.ground import Area, Ground, to_latlon
from api.demo.model import Device, Feeder, LatLon
from api.demo.streets import Before, Spot, StreetGraph

FEEDERS = {"core": 5, "middle": 4, "outside": 3}
SECTIONS = 3
_NUMBERS = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Transformer:
    """Where one stands, which district and crossing, and its device."""

    spot: Spot
    district: str
    node: int
    device: Device


@dataclass(frozen=True, slots=True)
class Network:
    devices: tuple[Device, ...]
    feeders: tuple[Feeder, ...]
    transformers: tuple[Transformer, ...]


def make_network(ground: Ground, graph: StreetGraph, dice: random.Random) -> Network:
    """Devices, parents before children."""
    devices: list[Device] = []
    feeders: list[Feeder] = []
    transformers: list[Transformer] = []
    taken: set[int] = set()
    for area in ground.areas:
        inside = {n for n, spot in enumerate(graph.crossings) if area.outline.covers(Point(spot))}
        nodes = sorted(inside - taken)
        taken |= inside  # a crossing on a border is the first one's
        root = _middle(graph, nodes, area)
        station = _station(area, graph.crossings[root])
        devices.append(station)
        for number, members in enumerate(_split(graph, root, nodes, FEEDERS[area.belt]), start=1):
            made = _feeder(area, graph, root, number, members, ground, dice)
            devices.extend(made.devices)
            feeders.extend(made.feeders)
            transformers.extend(made.transformers)
    return Network(tuple(devices), tuple(feeders), tuple(transformers))


def _middle(graph: StreetGraph, nodes: Sequence[int], area: Area) -> int:
    """The crossing next to a point well inside the district."""
    point = area.outline.representative_point()
    return min(nodes, key=lambda node: math.dist(graph.crossings[node], (point.x, point.y)))


def _station(area: Area, spot: Spot) -> Device:
    zh = area.name_zh.removesuffix("区")
    return Device(
        code=f"SS-{area.code}",
        kind="substation",
        parent=None,
        name_zh=f"110kV{zh}变电站",
        name_en=f"{area.name_en} 110 kV substation",
        at=to_latlon(*spot),
    )


def _split(graph: StreetGraph, root: int, nodes: Sequence[int], count: int) -> list[list[int]]:
    """The crossings around `root` in `count` sectors of about as many each."""
    x, y = graph.crossings[root]

    def direction(node: int) -> float:
        spot = graph.crossings[node]
        return math.atan2(spot[1] - y, spot[0] - x)

    ordered = sorted((node for node in nodes if node != root), key=lambda n: (direction(n), n))
    bounds = [round(n * len(ordered) / count) for n in range(count + 1)]
    return [ordered[bounds[n] : bounds[n + 1]] for n in range(count)]


def _feeder(
    area: Area,
    graph: StreetGraph,
    root: int,
    number: int,
    members: list[int],
    ground: Ground,
    dice: random.Random,
) -> Network:
    """One feeder with its sections and transformers."""
    metres, before = graph.tree(root)
    code = f"{area.code}-F{number}"
    zh = f"{area.name_zh.removesuffix('区')}{_NUMBERS[number - 1]}线"
    en = f"{area.name_en} line {number}"
    devices = [Device(code, "feeder", f"SS-{area.code}", f"10kV{zh}", f"10 kV {en}", None)]
    devices.extend(
        Device(f"{code}-S{n}", "section", code, f"{zh}{n:02d}段", f"{en}, section {n}", None)
        for n in range(1, SECTIONS + 1)
    )
    ordered = sorted(members, key=lambda node: (metres[node], node))
    transformers = []
    for position, node in enumerate(ordered):
        section = min(position * SECTIONS // len(ordered), SECTIONS - 1) + 1
        street = ground.lines[dice.choice(graph.edges_at(node)).street]
        device = Device(
            f"{code}-T{position + 1:02d}",
            "transformer",
            f"{code}-S{section}",
            f"{street.name_zh}{zh}{position + 1:02d}号公变",
            f"{street.name_en} transformer {position + 1:02d} ({en})",
            to_latlon(*graph.crossings[node]),
        )
        devices.append(device)
        transformers.append(Transformer(graph.crossings[node], area.code, node, device))
    lines = tuple(_ways(members, before))
    return Network(tuple(devices), (Feeder(code, lines),), tuple(transformers))


def _ways(members: list[int], before: Before) -> Iterator[tuple[LatLon, ...]]:
    """The streets from the root to all members, each stretch once, joined to long lines."""
    stretches: dict[int, LineString] = {}
    for member in members:
        node = member
        while (came := before[node]) is not None:
            previous, edge = came
            stretches[node] = edge.line
            node = previous
    merged = shapely.line_merge(shapely.MultiLineString(list(stretches.values())))
    for part in shapely.get_parts(merged.simplify(3)):
        yield tuple(to_latlon(x, y) for x, y in part.coords)
