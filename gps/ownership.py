"""Who decides about a vehicle: whoever holds its row, for as long as one batch takes.

`repository.lock_latest` takes the rows of all vehicles of a batch at its beginning, and the commit
gives them back: that is the lease, and being one transaction with everything that is written is
the fence (docs/decisions/0010-the-row-is-the-lease.md). A gateway whose machine stops in the
middle keeps its rows. Its connection is ended from here; what it wakes up with is rolled back, and
it begins anew with what the others have written meanwhile.
"""

from core.db import session_factory
from gps.repository import cursor

STALLED_SECONDS = 10.0
"""A transaction whose gateway has said nothing for so long, in the middle of it, is given up."""

_STALLED = """
SELECT pg_terminate_backend(one.pid)
FROM pg_stat_activity AS one
WHERE one.datname = current_database() AND one.pid <> pg_backend_pid()
    AND one.xact_start IS NOT NULL AND one.wait_event = 'ClientRead'
    AND greatest(one.state_change, one.query_start) < clock_timestamp() - make_interval(secs => %s)
    AND EXISTS (
        SELECT FROM pg_locks AS held
        WHERE held.pid = one.pid AND held.relation IN (
                'vehicle_position'::regclass, 'device'::regclass, 'terminal_message'::regclass
            )
            AND held.mode IN ('RowShareLock', 'RowExclusiveLock') AND held.granted
    )
"""


def end_stalled(seconds: float = STALLED_SECONDS) -> int:
    """End the connections of gateways that hold vehicles and do not go on; how many there were."""
    with session_factory()() as session:
        cur = cursor(session)
        cur.execute(_STALLED, (seconds,))
        return cur.rowcount
