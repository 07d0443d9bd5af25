"""The demo city: everything about it follows from one seed.

Contract for whoever drives the city from outside (vehicles, callers, staff):

`make_city(seed)` gives a `City`, the same for the same seed, from about half a second of work and
without touching any database. Points are (latitude, longitude), WGS-84, everywhere.

- `city.route(a, b)`: the points of the quickest drive along the streets, `a` and `b` included;
  `city.drive(a, b)` the same with the limit in km/h on the stretch that leads to each point.
- `city.sites`: the three repair centres; vehicles wait there. Their `code` is the code of the unit.
- `city.customers`: who can call. `phone` is the caller's number, `address_zh`/`address_en` and `at`
  the place of the fault, `district` a region's code, `transformer` the code of a network device.
  Nobody has these phones (`+86164…` is no operator's range).
- `city.feeder_of(transformer)` and `city.customers_on(device)`: who is dark when a device fails.
- `city.district_at(point)`: the district that holds a point.

What only the database knows (ids of units, crews, vehicles; logins and terminals) is in the file
`demo.json` of the data directory; `api/demo/seed.py` tells its shape. It holds the `seed` too.
"""

import math
import random
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import shapely
from shapely.geometry import Point, Polygon

from api.demo import names
from api.demo.customers import make_customers
from api.demo.ground import Ground, make_ground, to_latlon
from api.demo.model import Customer, Device, District, Feeder, Green, LatLon, Site, Street
from api.demo.network import make_network
from api.demo.streets import Step, StreetGraph, build_graph

DEFAULT_SEED = 1
PARK_M2 = (60_000, 600_000)
LAKE_M2 = (1_500_000, 8_000_000)
DRY_M = 150.0
"""How far from the river a centre stands, at least."""


@dataclass(frozen=True)
class City:
    """A whole city. `graph` is its street graph in metres on a plane."""

    seed: int
    districts: tuple[District, ...]
    streets: tuple[Street, ...]
    greens: tuple[Green, ...]
    sites: tuple[Site, ...]
    devices: tuple[Device, ...]
    feeders: tuple[Feeder, ...]
    customers: tuple[Customer, ...]
    graph: StreetGraph

    def route(self, begin: LatLon, end: LatLon) -> list[LatLon]:
        """The quickest drive from one point to another along the streets."""
        return [step.at for step in self.graph.drive(begin, end)]

    def drive(self, begin: LatLon, end: LatLon) -> list[Step]:
        """The same with the limit on the way to each point."""
        return self.graph.drive(begin, end)

    def district_at(self, at: LatLon) -> District | None:
        """The district that holds a point; None outside the city."""
        point = Point(at)
        return next((one for one, shape in self._shapes if shape.covers(point)), None)

    def feeder_of(self, transformer: str) -> str:
        """Code of the feeder above a transformer."""
        section = self._devices[transformer].parent
        feeder = self._devices[section].parent if section else None
        if feeder is None:
            raise KeyError(transformer)
        return feeder

    def customers_on(self, code: str) -> list[Customer]:
        """All customers below a device of any kind."""
        return [one for one in self.customers if code in self._above(one.transformer)]

    def _above(self, code: str) -> set[str]:
        found = set()
        here: str | None = code
        while here is not None:
            found.add(here)
            here = self._devices[here].parent
        return found

    @cached_property
    def _devices(self) -> dict[str, Device]:
        return {one.code: one for one in self.devices}

    @cached_property
    def _shapes(self) -> list[tuple[District, Polygon]]:
        return [(one, Polygon(one.outline)) for one in self.districts]


@lru_cache(maxsize=2)
def make_city(seed: int = DEFAULT_SEED) -> City:
    """The city of this seed."""
    dice = random.Random(seed)  # noqa: S311 - a city, not a secret
    ground = make_ground(dice)
    graph = build_graph(ground.lines)
    network = make_network(ground, graph, dice)
    blocks = _blocks(graph)
    greens = [(*one, ground.river) for one in (("river", *names.RIVER),)]
    greens += _greens(ground, blocks, dice)
    blocked = shapely.union_all([shape for *_, shape in greens])
    return City(
        seed=seed,
        districts=tuple(_districts(ground)),
        streets=tuple(_streets(ground)),
        greens=tuple(Green(kind, zh, en, _ring(shape)) for kind, zh, en, shape in greens),
        sites=tuple(_sites(ground, graph)),
        devices=network.devices,
        feeders=network.feeders,
        customers=make_customers(ground, graph, network.transformers, blocked, dice),
        graph=graph,
    )


def _districts(ground: Ground) -> list[District]:
    return [
        District(
            code=area.code,
            name_zh=area.name_zh,
            name_en=area.name_en,
            centre=area.centre,
            area_class="rural" if area.belt == "outside" else "urban",
            outline=_ring(area.outline),
        )
        for area in ground.areas
    ]


def _streets(ground: Ground) -> list[Street]:
    return [
        Street(
            one.name_zh,
            one.name_en,
            one.kind,
            one.limit_kmh,
            tuple(to_latlon(x, y) for x, y in one.line.coords),
        )
        for one in ground.lines
    ]


def _ring(shape: Polygon) -> tuple[LatLon, ...]:
    return tuple(to_latlon(x, y) for x, y, *_ in shape.exterior.coords)


def _blocks(graph: StreetGraph) -> list[Polygon]:
    """The ground between the streets, largest first."""
    parts = shapely.get_parts(shapely.polygonize([edge.line for edge in graph.edges]))
    return sorted(parts, key=lambda block: (-block.area, block.bounds))


def _greens(
    ground: Ground, blocks: list[Polygon], dice: random.Random
) -> list[tuple[str, str, str, Polygon]]:
    """Parks that fill blocks and lakes in large ones, where the river does not run."""
    free = [block for block in blocks if not block.intersects(ground.river)]
    found = []
    for kind, titles, (least, most) in (
        ("park", names.PARKS, PARK_M2),
        ("lake", names.LAKES, LAKE_M2),
    ):
        shape = _park if kind == "park" else partial(_lake, dice=dice)
        fitting = [block for block in free if least < block.area < most and _is_stout(block)]
        chosen = dice.sample(fitting, min(len(titles), len(fitting)))
        found += [
            (kind, *title, shape(block)) for title, block in zip(titles, chosen, strict=False)
        ]
    return found


def _is_stout(block: Polygon) -> bool:
    """Nearer to a square than to a strip."""
    return bool(block.area > 0.5 * (block.length / 4) ** 2)


def _park(block: Polygon) -> Polygon:
    """The block without the pavement around it, corners rounded."""
    return block.buffer(-30).buffer(14, quad_segs=3).simplify(4)


def _lake(block: Polygon, dice: random.Random) -> Polygon:
    """A shore that winds around the middle of the block."""
    middle = block.centroid
    reach = 0.78 * block.exterior.distance(middle)
    phases = [dice.uniform(0, 2 * math.pi) for _ in range(3)]
    shore = []
    for direction in range(0, 360, 12):
        angle = math.radians(direction)
        waves = (math.sin((n + 2) * angle + p) / (n + 2) for n, p in enumerate(phases))
        radius = reach * (1 + 0.33 * sum(waves))
        shore.append((middle.x + radius * math.cos(angle), middle.y + radius * math.sin(angle)))
    return Polygon(shore)


def _sites(ground: Ground, graph: StreetGraph) -> list[Site]:
    """Each centre beside a street near the middle of its district."""
    areas = {area.code: area for area in ground.areas}
    found = []
    for code, zh, en, district in names.CENTRES:
        middle = areas[district].outline.centroid
        dry = [edge for edge in graph.edges if edge.line.distance(ground.river) > DRY_M]
        edge = min(dry, key=lambda one: one.line.distance(middle))
        spot = edge.line.interpolate(0.4, normalized=True)
        found.append(Site(code, zh, en, to_latlon(round(spot.x), round(spot.y))))
    return found
