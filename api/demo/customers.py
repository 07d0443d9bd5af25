"""The demo city's customers: homes, shops and landmarks beside its streets."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import shapely
from shapely.geometry import Point, Polygon

from api.demo import names
from api.demo.ground import Area, Ground, to_latlon
from api.demo.model import Customer
from api.demo.network import Transformer
from api.demo.streets import Edge, Spot, StreetGraph

COUNT = 1_500
SHOP_SHARE = 0.35
HOMES_IN_A_BUILDING = (3, 9)
REMOTE_M = 10_500.0
PHONES = "+86164"
"""No operator has this range; numbers in it ring nobody's phone."""
_BELT_SHARE = {"core": 0.3, "middle": 0.6, "outside": 0.1}


@dataclass(frozen=True, slots=True)
class _Door:
    """A house: where, its address without district, its district and transformer."""

    spot: Spot
    address_zh: str
    address_en: str
    area: Area
    transformer: str


@dataclass
class _Builder:
    """Puts houses beside streets, outside water and parks, and numbers everything."""

    ground: Ground
    graph: StreetGraph
    dice: random.Random
    blocked: Polygon
    transformers: dict[str, list[Transformer]]
    made: list[Customer] = field(default_factory=list)
    houses: set[tuple[int, int]] = field(default_factory=set)

    def door(self, area: Area, edges: Sequence[Edge]) -> _Door:
        """A free house number somewhere on these stretches, inside the district."""
        while True:
            edge = self.dice.choices(edges, weights=[one.length_m for one in edges])[0]
            along = self.dice.uniform(15, max(16, edge.length_m - 15))
            side = self.dice.choice((-1, 1))
            spot = _beside(edge, along, side * self.dice.uniform(14, 32))
            point = Point(spot)
            if not area.outline.contains(point) or self.blocked.intersects(point):
                continue
            street = self.ground.lines[edge.street]
            number = 2 * int(street.line.project(point) / 12) + (1 if side < 0 else 2)
            if (edge.street, number) in self.houses:
                continue
            self.houses.add((edge.street, number))
            near = min(self.transformers[area.code], key=lambda one: math.dist(one.spot, spot))
            return _Door(
                spot,
                f"{street.name_zh}{number}号",
                f"{number} {street.name_en}",
                area,
                near.device.code,
            )

    def add(
        self, door: _Door, kind: str, name: tuple[str, str], importance: str, flat: tuple[str, str]
    ) -> None:
        """One more customer at this door. `flat`: what comes behind, or before, the house."""
        serial = len(self.made) + 1
        self.made.append(
            Customer(
                number=f"33{serial:08d}",
                kind=kind,
                name_zh=name[0],
                name_en=name[1],
                importance=importance,
                phone=f"{PHONES}{10_000_000 + serial * 137:08d}",
                address_zh=f"{door.area.name_zh}{door.address_zh}{flat[0]}",
                address_en=f"{flat[1]}{door.address_en}, {door.area.name_en}",
                district=door.area.code,
                area_class=_class(door),
                at=to_latlon(*door.spot),
                transformer=door.transformer,
                meter=f"0133{serial:08d}",
            )
        )


def make_customers(
    ground: Ground,
    graph: StreetGraph,
    transformers: Sequence[Transformer],
    blocked: Polygon,
    dice: random.Random,
) -> tuple[Customer, ...]:
    """Landmarks first, then homes and shops, `COUNT` in all; nearly all have a phone of their own.

    Every twentieth home shares the phone of the one before: parents and children.
    """
    by_area: dict[str, list[Transformer]] = {}
    for one in transformers:
        by_area.setdefault(one.district, []).append(one)
    builder = _Builder(ground, graph, dice, blocked, by_area)
    edges = dict(_edges_by_area(ground, graph))
    areas = {area.code: area for area in ground.areas}
    for kind, zh, en, importance, code in names.LANDMARKS:
        builder.add(builder.door(areas[code], edges[code]), kind, (zh, en), importance, ("", ""))
    for area, count in _shares(ground.areas, COUNT - len(builder.made)):
        _fill(builder, area, edges[area.code], count)
    return tuple(_share_phones(builder.made))


def _shares(areas: Sequence[Area], total: int) -> Iterator[tuple[Area, int]]:
    left = total
    for number, area in enumerate(areas):
        alike = sum(one.belt == area.belt for one in areas)
        count = round(total * _BELT_SHARE[area.belt] / alike)
        count = left if number == len(areas) - 1 else count
        left -= count
        yield area, count


def _fill(builder: _Builder, area: Area, edges: Sequence[Edge], count: int) -> None:
    """Homes, mostly several in a building, and shops."""
    dice = builder.dice
    until = len(builder.made) + count
    while len(builder.made) < until:
        door = builder.door(area, edges)
        if dice.random() < SHOP_SHARE:
            builder.add(door, "shop", _shop(dice), "ordinary", ("", ""))
            continue
        village = area.belt == "outside"
        homes = 1 if village else dice.randint(*HOMES_IN_A_BUILDING)
        homes = min(homes, until - len(builder.made))
        for home in range(homes):
            unit, floor = divmod(home, 4)
            room = f"{floor * 2 + 1 + dice.randint(0, 1)}0{dice.randint(1, 2)}"
            flat = ("", "")
            if homes > 1:
                flat = (f"{unit + 1}单元{room}室", f"Flat {unit + 1}-{room}, ")
            builder.add(door, "household", names.person(dice), "ordinary", flat)


def _share_phones(made: Sequence[Customer]) -> Iterator[Customer]:
    before: Customer | None = None
    homes = 0
    for one in made:
        homes += one.kind == "household"
        if before is not None and one.kind == before.kind == "household" and homes % 20 == 0:
            yield replace(one, phone=before.phone)
        else:
            yield one
        before = one


def _shop(dice: random.Random) -> tuple[str, str]:
    name, kind = dice.choice(names.SHOP_NAMES), dice.choice(names.SHOP_KINDS)
    return f"{name[0]}{kind[0]}", f"{name[1]} {kind[1]}"


def _class(door: _Door) -> str:
    if door.area.belt != "outside":
        return "urban"
    return "remote" if math.hypot(*door.spot) > REMOTE_M else "rural"


def _edges_by_area(ground: Ground, graph: StreetGraph) -> Iterator[tuple[str, list[Edge]]]:
    """Stretches whose middle lies in a district, or on its border, and that houses can stand at."""
    middles = [edge.line.interpolate(0.5, normalized=True) for edge in graph.edges]
    for area in ground.areas:
        near = area.outline.buffer(5)
        shapely.prepare(near)
        yield (
            area.code,
            [
                edge
                for edge, middle in zip(graph.edges, middles, strict=True)
                if edge.length_m > 60 and near.contains(middle)
            ],
        )


def _beside(edge: Edge, along: float, aside: float) -> Spot:
    """The point `aside` metres left (right where negative) of a stretch."""
    here = edge.line.interpolate(along)
    ahead = edge.line.interpolate(min(along + 1, edge.length_m))
    behind = edge.line.interpolate(max(along - 1, 0))
    dx, dy = ahead.x - behind.x, ahead.y - behind.y
    length = math.hypot(dx, dy) or 1.0
    return round(here.x - dy / length * aside, 1), round(here.y + dx / length * aside, 1)
