"""Times of vehicles whose positions are evidence, for whoever thins or drops old ones."""

from datetime import datetime, timedelta

from sqlalchemy import text

from core.db import read_session
from gps.retention import Span

BEFORE = timedelta(hours=1)
"""A vehicle may have been silent for so long before an order and still stand where it was seen."""
AFTER = timedelta(minutes=10)
LONGEST = timedelta(hours=12)
"""Of the way to an order; the tracks on the screens end there too."""
_SPANS = text(
    """
    SELECT * FROM (
        SELECT one.org_id, one.vehicle_id,
            one.sent_at - :before AS since,
            CASE WHEN orders.state = 'closed'
                THEN least(coalesce(one.arrived_at, one.ended_at, 'infinity') + :after,
                           one.sent_at + :longest)
                ELSE greatest(coalesce(one.ended_at, one.sent_at) + :after,
                              one.sent_at + :longest)
            END AS until
        FROM assignment AS one
        JOIN orders ON orders.org_id = one.org_id AND orders.id = one.order_id
        WHERE one.vehicle_id IS NOT NULL AND one.sent_at < :until
            AND (orders.state <> 'closed' OR (:closed AND one.sent_at > :since - :reach))
        UNION ALL
        SELECT org_id, vehicle_id, created_at - :before,
            greatest(created_at + :longest, arrived_at + :after)
        FROM gps_watch WHERE closed_at IS NULL
    ) AS found
    WHERE since < :until AND until >= :since
    """
)


def spans(since: datetime, until: datetime, closed: bool) -> list[Span]:  # noqa: FBT001 - as gps.retention asks
    """That touch this time, of all organisations: of orders that are not closed, and with `closed`
    of the way to those that are.
    """
    values = {
        "since": since,
        "until": until,
        "closed": closed,
        "before": BEFORE,
        "after": AFTER,
        "longest": LONGEST,
        "reach": timedelta(days=1),
    }
    with read_session() as session:
        return [Span(*row) for row in session.execute(_SPANS, values)]
