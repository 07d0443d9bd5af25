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

import random
from dataclasses import dataclass
from functools import cached_property, lru_cache

import shapely
from shapely.geometry import Point, Polygon

from api.demo import names
from api.demo.customers import make_customers
from api.demo.ground import Ground, make_ground, to_latlon
from api.demo.model import Customer, Device, District, Feeder, Green, LatLon, Site, Street
from api.demo.network import make_network
from api.demo.streets import Step, StreetGraph, build_graph

DEFAULT_SEED = 1
PARK_M2 = (60_000, 260_000)
LAKE_M2 = (1_200_000, 6_000_000)


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
    """Parks and lakes that fill blocks which the river does not touch."""
    free = [block for block in blocks if not block.intersects(ground.river)]
    found = []
    for kind, titles, (least, most), margin in (
        ("park", names.PARKS, PARK_M2, 18),
        ("lake", names.LAKES, LAKE_M2, 260),
    ):
        shapes = [_shrunk(block, margin) for block in free if least < block.area < most]
        fitting = [shape for shape in shapes if shape is not None]
        chosen = dice.sample(fitting, min(len(titles), len(fitting)))
        for (zh, en), shape in zip(titles, chosen, strict=False):
            found.append((kind, zh, en, shape))
    return found


def _shrunk(block: Polygon, margin: float) -> Polygon | None:
    """The block without its edge, corners rounded; None where too little is left."""
    core = block.buffer(-2 * margin)
    if not isinstance(core, Polygon) or core.area < block.area / 8:
        return None
    shape = core.buffer(margin, quad_segs=3).simplify(6)
    return shape if isinstance(shape, Polygon) else None


def _sites(ground: Ground, graph: StreetGraph) -> list[Site]:
    """Each centre beside a street near the middle of its district."""
    areas = {area.code: area for area in ground.areas}
    found = []
    for code, zh, en, district in names.CENTRES:
        middle = areas[district].outline.centroid
        edge = graph.nearest_edge((middle.x, middle.y))
        spot = edge.line.interpolate(0.4, normalized=True)
        found.append(Site(code, zh, en, to_latlon(round(spot.x), round(spot.y))))
    return found
