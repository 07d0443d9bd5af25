"""How many promises one engine looks at in a second, and whether deadlines wait for that.

    python -m bench.promises [--orders 100000] [--engines 2] [--paced 600] [--rate 10]

Orders as in `bench.timers`; a fifth of them has a crew on its way, with a fresh position.
First looks say something new of every order; second ones a few seconds later say nothing new.
Then deadlines fire at a pace, without and with promises that are all due at once, in the same run.
Prints one JSON object a line.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg

from bench.timers import (
    ORG,
    copy,
    engines_running,
    fill,
    lateness,
    make_due,
    quantiles,
    servers,
    tell,
)
from core.clock import monotonic, now
from core.engines import libpq_url
from dispatch.planning import service as planning

ON_THE_ROAD = 5
"""Every so-manieth order."""


def send_crews(url: str, orders: Sequence[UUID]) -> None:
    """Crews on their way to these orders, each with a vehicle of its own, some kilometres off."""
    moment = now()
    found = [(one, uuid4(), uuid4(), uuid4(), uuid4()) for one in orders]
    with psycopg.connect(libpq_url(url)) as connection, connection.cursor() as cursor:
        copy(
            cursor,
            "location",
            ("org_id", "id", "lat", "lon", "source", "uncertainty_m", "recorded_at"),
            ((ORG, place, 39.9 + random.random() / 10, 116.4 + random.random() / 10, "map", 20,
              moment) for _, place, _, _, _ in found),
        )  # fmt: skip
        copy(
            cursor,
            "assignment",
            ("org_id", "id", "order_id", "attempt", "crew_id", "vehicle_id", "same_site", "state",
             "sent_at", "accepted_at", "activated_at", "departed_at", "hop_id"),
            ((ORG, assignment, order, 1, crew, vehicle, True, "active", moment, moment, moment,
              moment, None) for order, _, assignment, crew, vehicle in found),
        )  # fmt: skip
        copy(
            cursor,
            "stamp",
            ("org_id", "id", "event_id", "order_id", "assignment_id", "point", "at", "recorded_at",
             "source", "actor_kind", "uncertainty_s"),
            ((ORG, uuid4(), uuid4(), order, assignment, point, moment, moment, "crew", "person", 0)
             for order, _, assignment, _, _ in found for point in "DEFG"),
        )  # fmt: skip
        copy(
            cursor,
            "vehicle_position",
            ("org_id", "vehicle_id", "device_id", "fix_at", "received_at", "lat", "lon",
             "speed_kmh", "course_deg", "quiet_at"),
            ((ORG, vehicle, uuid4(), moment, moment, 39.95, 116.45, 40, 90,
              moment + timedelta(hours=1))
             for _, _, _, _, vehicle in found),
        )  # fmt: skip
        cursor.execute(
            "UPDATE assignment a SET hop_id = o.hop_id FROM orders o WHERE o.id = a.order_id"
        )
        cursor.executemany(
            "UPDATE orders SET state = 'assigned', assignment_id = %s, location_id = %s"
            " WHERE org_id = %s AND id = %s",
            [(assignment, place, ORG, order) for order, place, assignment, _, _ in found],
        )


def mark(url: str) -> None:
    """All promises are to be looked at now."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute(
            "INSERT INTO sla_forecast (org_id, id, next_at) SELECT 1, id, %s FROM sla_case"
            " ON CONFLICT (org_id, id) DO UPDATE SET next_at = excluded.next_at",
            (now(),),
        )
        connection.execute("SELECT pg_notify('paidan_outbox', '')")


def looks(most: int) -> float:
    """Looks a second of one process."""
    begun, count = monotonic(), 0
    while count < most and (done := planning.sweep(now())):
        count += done
    return round(count / (monotonic() - begun), 1)


def paced(
    orders: Sequence[UUID], code: str, rate: float, url: str, keep: Callable[[], None]
) -> None:
    """Deadlines at a pace; `keep` is called before and between."""
    spread = len(orders) / rate
    start = now() + timedelta(seconds=3)
    make_due(
        url, orders, code, [start + timedelta(seconds=random.random() * spread) for _ in orders]
    )
    end = monotonic() + spread + 3
    while monotonic() < end:
        keep()
    found = lateness(url, code, len(orders))
    tell(
        what="paced",
        planning=keep is not nothing,
        per_s=rate,
        timers=len(orders),
        **quantiles(found),
    )


def nothing() -> None:
    """No promise is due."""


def waiting(url: str) -> int:
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM sla_forecast WHERE next_at <= now()"
        ).fetchone()
        assert row is not None
        return int(row[0])


def measure(url: str, arguments: argparse.Namespace) -> None:
    orders = fill(url, 0, arguments.orders)
    send_crews(url, orders[::ON_THE_ROAD])
    most = min(arguments.orders, arguments.looks)
    mark(url)
    tell(what="first looks, all new", open_orders=len(orders), per_s=looks(most))
    mark(url)
    while looks(most):
        pass
    mark(url)
    tell(what="looks, nothing new", open_orders=len(orders), per_s=looks(most))
    some = random.sample(orders, 2 * arguments.paced)
    with engines_running(arguments.engines):
        with psycopg.connect(libpq_url(url)) as connection:
            connection.execute("UPDATE sla_forecast SET next_at = now() + interval '1 day'")
        paced(some[: arguments.paced], "T1", arguments.rate, url, nothing)
        mark(url)
        begun, at_first = monotonic(), waiting(url)

        def keep() -> None:
            left = waiting(url)
            if left < at_first / 4:
                mark(url)

        paced(some[arguments.paced :], "T3", arguments.rate, url, keep)
        tell(what="planning beside timers", seconds=round(monotonic() - begun, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--engines", type=int, default=2)
    parser.add_argument("--paced", type=int, default=600)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--looks", type=int, default=5_000)
    arguments = parser.parse_args()
    with servers() as url:
        measure(url, arguments)


if __name__ == "__main__":
    main()
