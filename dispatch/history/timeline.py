"""Timelines of past orders: pure. They have no centre hops; every assignment is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from dispatch.history.mapping import ORDER_POINTS
from sla.facts import Facts
from sla.timelines import PointTime, Timeline

Times = Mapping[str, datetime]


def past_timelines(
    order_id: UUID,
    area_class: str | None,
    ended_at: datetime,
    order_points: Times,
    assignments: Sequence[tuple[UUID, Times]],
) -> list[Timeline]:
    """One timeline per assignment and, last, that of the order.

    The order's own takes the first of each point over all assignments: the first unit that was
    sent, left or arrived is the one that stops its clock.
    """
    facts = Facts(area_class=area_class if area_class != "unknown" else None)
    found = [
        Timeline(
            order_id=order_id,
            assignment_id=assignment_id,
            points=_stamps({**order_points, **times}),
            facts=facts,
            ended_at=ended_at,
        )
        for assignment_id, times in assignments
    ]
    first: dict[str, datetime] = {}
    for _, times in assignments:
        for point, at in times.items():
            if point not in ORDER_POINTS:
                first[point] = min(at, first.get(point, at))
    whole = Timeline(
        order_id=order_id,
        hop_id=order_id,
        points=_stamps({**order_points, **first}),
        facts=facts,
        ended_at=ended_at,
    )
    return [*found, whole]


def _stamps(times: Times) -> dict[str, PointTime]:
    return {point: PointTime(at, "import") for point, at in times.items()}
