"""The street graph of the demo city: crossings, edges with lengths, the quickest way."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import shapely
from shapely.geometry import LineString, Point
from shapely.ops import substring

from api.demo.ground import Line, to_latlon, to_plane
from api.demo.model import LatLon

Spot = tuple[float, float]
"""A point of the plane: metres to the east, metres to the north."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A stretch of street between two crossings. `begin`, `end`: numbers of the crossings.

    `street`: index in the city's streets; `length_m` in metres; `seconds` at its limit.
    """

    begin: int
    end: int
    street: int
    length_m: float
    limit_kmh: int
    line: LineString = field(repr=False)

    @property
    def seconds(self) -> float:
        return self.length_m / (self.limit_kmh / 3.6)


Before = list[tuple[int, Edge] | None]
"""For each crossing the one before it on the shortest way and the stretch between; None: start."""


@dataclass(frozen=True, slots=True)
class Step:
    """One point of a drive and the limit on the stretch that leads to it."""

    at: LatLon
    limit_kmh: int


class StreetGraph:
    """All crossings can be reached from each other."""

    def __init__(self, crossings: Sequence[Spot], edges: Sequence[Edge]) -> None:
        self.crossings = tuple(crossings)
        self.edges = tuple(edges)
        self._around: list[list[tuple[int, Edge]]] = [[] for _ in crossings]
        for edge in edges:
            self._around[edge.begin].append((edge.end, edge))
            self._around[edge.end].append((edge.begin, edge))
        self._tree = shapely.STRtree([edge.line for edge in edges])

    def edges_at(self, node: int) -> list[Edge]:
        """The stretches that meet at a crossing."""
        return [edge for _, edge in self._around[node]]

    def nearest_edge(self, spot: Spot) -> Edge:
        return self.edges[int(self._tree.nearest(Point(spot)))]

    def tree(self, root: int) -> tuple[list[float], Before]:
        """Metres from `root` to each crossing, and the crossing and edge before it."""
        return self._search({root: 0.0}, by_time=False)

    def drive(self, begin: LatLon, end: LatLon) -> list[Step]:
        """The quickest way along the streets, from the street beside `begin` to that beside `end`.

        The first point is `begin`, the last one `end`.
        """
        start, goal = to_plane(begin), to_plane(end)
        first, last = self.nearest_edge(start), self.nearest_edge(goal)
        leave = first.line.project(Point(start))
        reach = last.line.project(Point(goal))
        if first is last:
            path = [(_cut(first.line, leave, reach), first.limit_kmh)]
        else:
            path = self._between(first, leave, last, reach)
        steps = [Step(begin, path[0][1])]
        for points, limit in path:
            steps.extend(Step(to_latlon(x, y), limit) for x, y in points)
        steps.append(Step(end, path[-1][1]))
        return [one for n, one in enumerate(steps) if n == 0 or one.at != steps[n - 1].at]

    def _between(
        self, first: Edge, leave: float, last: Edge, reach: float
    ) -> list[tuple[list[Spot], int]]:
        pace = 3.6 / first.limit_kmh
        starts = {first.begin: leave * pace}
        far = (first.length_m - leave) * pace
        starts[first.end] = min(far, starts.get(first.end, math.inf))
        seconds, before = self._search(starts, by_time=True)
        pace = 3.6 / last.limit_kmh
        by_begin = seconds[last.begin] + reach * pace
        by_end = seconds[last.end] + (last.length_m - reach) * pace
        node = last.begin if by_begin <= by_end else last.end
        tail = (
            _cut(last.line, 0.0, reach)
            if node == last.begin
            else _cut(last.line, last.length_m, reach)
        )
        path = [(tail, last.limit_kmh)]
        while (came := before[node]) is not None:
            previous, edge = came
            points = list(edge.line.coords)
            path.append((points if edge.begin == previous else points[::-1], edge.limit_kmh))
            node = previous
        head = 0.0 if node == first.begin else first.length_m
        path.append((_cut(first.line, leave, head), first.limit_kmh))
        return path[::-1]

    def _search(self, starts: dict[int, float], *, by_time: bool) -> tuple[list[float], Before]:
        """Dijkstra from all of `starts` at once, which cost what they say."""
        costs = [math.inf] * len(self.crossings)
        before: Before = [None] * len(self.crossings)
        heap = [(cost, node) for node, cost in starts.items()]
        for cost, node in heap:
            costs[node] = cost
        heapq.heapify(heap)
        while heap:
            cost, node = heapq.heappop(heap)
            if cost > costs[node]:
                continue
            for other, edge in self._around[node]:
                total = cost + (edge.seconds if by_time else edge.length_m)
                if total < costs[other]:
                    costs[other] = total
                    before[other] = (node, edge)
                    heapq.heappush(heap, (total, other))
        return costs, before


def build_graph(lines: Sequence[Line]) -> StreetGraph:
    """Cut the streets at their crossings; what hangs on nothing is left out."""
    # The grid of a metre makes ends that nearly touch a border road touch it.
    noded = shapely.union_all([one.line for one in lines], grid_size=1.0)
    pieces = sorted(shapely.get_parts(noded), key=lambda piece: piece.coords[:])
    owners = shapely.STRtree([one.line for one in lines])
    numbers: dict[Spot, int] = {}
    edges = []
    for piece in pieces:
        ends = [numbers.setdefault(spot, len(numbers)) for spot in _ends(piece)]
        street = int(owners.nearest(piece.interpolate(0.5, normalized=True)))
        limit = lines[street].limit_kmh
        edges.append(Edge(ends[0], ends[1], street, piece.length, limit, piece))
    return _largest(list(numbers), [edge for edge in edges if edge.begin != edge.end])


def _ends(line: LineString) -> tuple[Spot, Spot]:
    first, last = line.coords[0], line.coords[-1]
    return (first[0], first[1]), (last[0], last[1])


def _largest(crossings: list[Spot], edges: list[Edge]) -> StreetGraph:
    """The largest connected part, renumbered."""
    whole = StreetGraph(crossings, edges)
    left, best = set(range(len(crossings))), set[int]()
    while left:
        metres, _ = whole.tree(min(left))
        part = {node for node in left if metres[node] < math.inf}
        left -= part
        best = max(best, part, key=len)
    new = {old: number for number, old in enumerate(sorted(best))}
    kept = [
        Edge(new[edge.begin], new[edge.end], edge.street, edge.length_m, edge.limit_kmh, edge.line)
        for edge in edges
        if edge.begin in new
    ]
    return StreetGraph([crossings[old] for old in new], kept)


def _cut(line: LineString, begin: float, end: float) -> list[Spot]:
    """The part of a line between two distances along it, backwards where `end` comes first."""
    part = substring(line, begin, end)
    return [(x, y) for x, y, *_ in part.coords]
