"""How long the segments took: quantiles and bins per segment and group, not only means.

The bins of a segment are the same for all groups, so that groups can be compared by eye. They are
equally wide and closed at their upper end, and where the limits allow it every limit lies on an
edge: a bar is then wholly within the limit or wholly over it. The last bin is open.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.identity import Access
from core.settings import settings
from dashboards.reports.adjusted import By, Group
from dashboards.reports.query import cases, homes_of, labels
from dashboards.reports.segments import METHOD, Groups, fold, names_of
from sla.policy import Policy, SegmentRule
from sla.segments import Segment
from sla.statistics import figures, quantile

MOST_BINS = 18
BINS = (
    "equal bins, open below and closed above, the same for all groups of a segment; "
    "the last is open-ended"
)
_DAY = 86_400
_STEPS = (
    1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 300, 600, 900, 1800, 3600, 7200, 10_800,
    21_600, 43_200, _DAY, 2 * _DAY, 7 * _DAY, 30 * _DAY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """A segment and what its bins are: from each of `edges` to the next, the last one open."""

    code: str
    name_zh: str
    name_en: str
    responsible: str
    subject: str
    statistic: str
    limits: tuple[float, ...]
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """How many segments lie in a bin: within their limit, over it, without one."""

    within: int
    late: int
    unlimited: int


def edges_of(spent: Sequence[float], limits: Sequence[float]) -> tuple[float, ...]:
    """Edges from 0 to beyond one and a half times the limit and nine tenths of `spent` (seconds).

    The step is the smallest of a list of round ones that needs at most MOST_BINS bins and, if
    there is such a one, divides every limit.
    """
    reach = [limit * 1.5 for limit in limits]
    if spent:
        reach.append(quantile(sorted(spent), 0.95))
    top = max([*reach, 1.0])
    wide = [step for step in _STEPS if step * MOST_BINS >= top] or [ceil(top / MOST_BINS)]
    fitting = [step for step in wide if all(limit % step == 0 for limit in limits)]
    step = (fitting or wide)[0]
    return tuple(float(step * index) for index in range(ceil(top / step) + 1))


def bin_at(spent_s: float, edges: Sequence[float]) -> int:
    """The index of the bin that holds a length: closed above, the last one open-ended."""
    return min(max(ceil(spent_s / edges[1]) - 1, 0), len(edges) - 1)


def bins_of(found: Iterable[Segment], edges: Sequence[float]) -> list[Bin]:
    """As many bins as edges; a segment without both points is in none."""
    counts: Counter[tuple[int, bool | None]] = Counter()
    for one in found:
        if one.state == "done" and one.spent_s is not None:
            counts[bin_at(one.spent_s, edges), one.within] += 1
    return [
        Bin(counts[place, True], counts[place, False], counts[place, None])
        for place in range(len(edges))
    ]


def distribution(
    session: Session,
    org_id: int,
    access: Access,
    policy: Policy,
    start: datetime,
    end: datetime,
    by: By,
    *,
    system: str | None = None,
) -> dict[str, Any]:
    """The distributions over orders filed in [start, end) that the reader may see; as JSON.

    `system` bounds it to one imported system (`paidan` for own orders). All orders are judged by
    `policy`. Hours are those of the setting's time zone.
    """
    zone = settings().timezone
    found = list(cases(session, org_id, access, start, end, system))
    names = names_of(policy) | labels(session, org_id)
    homes = homes_of(session, org_id)

    groups = fold(found, policy, by, ZoneInfo(zone), end, homes)
    scales = {rule.code: scale_of(rule, policy, groups) for rule in policy.rules}

    position = {code: index for index, code in enumerate(scales)}
    lines = []
    for key, code in sorted(groups, key=lambda pair: (pair[0], position[pair[1]])):
        zh, en = names.get(key, (key, key))
        line = _line(groups[key, code], scales[code])
        lines.append({"key": key, "key_zh": zh, "key_en": en, "code": code, **line})
    return {
        "policy": policy.code,
        "policy_version": policy.version,
        "by": by,
        "from": start,
        "to": end,
        "timezone": zone,
        "system": system,
        "orders": len(found),
        "quantiles": METHOD,
        "bins": BINS,
        "scales": [asdict(scale) for scale in scales.values()],
        "lines": lines,
    }


def scale_of(rule: SegmentRule, policy: Policy, groups: Groups) -> Scale:
    """The scale of a segment over all its groups. Pure."""
    mine = (group for (_, code), group in groups.items() if code == rule.code)
    all_of_it = [one for group in mine for one in group.raw]
    met = {one.limit_s for one in all_of_it if one.limit_s is not None}
    only = rule.limits[0].length.seconds if len(rule.limits) == 1 else None
    limits = tuple(sorted(met or ({only} if only is not None else set())))
    spent = [one.spent_s for one in all_of_it if one.state == "done" and one.spent_s is not None]
    return Scale(
        code=rule.code,
        name_zh=rule.name.zh,
        name_en=rule.name.en,
        responsible=rule.responsible,
        subject=rule.subject,
        statistic=rule.statistic or policy.statistic,
        limits=limits,
        edges=edges_of(spent, limits),
    )


def _line(group: Group, scale: Scale) -> dict[str, Any]:
    found = group.raw
    known = figures(found, scale.statistic)
    spent = sorted(one.spent_s for one in found if one.state == "done" and one.spent_s is not None)
    quantiles = {"p10_s": 0.10, "p25_s": 0.25, "p75_s": 0.75}
    return {
        **asdict(known),
        "late": known.judged - known.within,
        "share": known.share,
        **group.adjusted.as_json(),
        **{name: quantile(spent, at) if spent else None for name, at in quantiles.items()},
        "max_s": spent[-1] if spent else None,
        "bins": [asdict(one) for one in bins_of(found, scale.edges)],
    }
