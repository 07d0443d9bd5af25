"""The automatic release of one order, as its facts tell it: pure.

It waits from the filing on; the first act of a lead, or the end of the order, withdraws it for
good. Where nobody could be found at its time it is stuck: an alarm runs, and it is tried again.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from core import events as ev
from core.recorded import Recorded

OPEN = ("waiting", "stuck")


@dataclass(frozen=True, slots=True)
class PlanState:
    """`state`: waiting, stuck, released, withdrawn. `due_at`: when the system releases."""

    state: str
    due_at: datetime
    stuck_at: datetime | None = None
    ended_at: datetime | None = None


def evolve_plan(plan: PlanState | None, event: Recorded) -> PlanState:
    """The plan after one more fact of its stream."""
    payload, at = event.payload, event.occurred_at
    if isinstance(payload, ev.ReleasePlanned):
        return PlanState("waiting", payload.due_at)
    if plan is None:
        raise ValueError(f"{event.type} before the release was planned")
    match payload:
        case ev.ReleaseStuck():
            return replace(plan, state="stuck", stuck_at=plan.stuck_at or at)
        case ev.ReleaseDone():
            return replace(plan, state="released", ended_at=at)
        case ev.ReleaseWithdrawn():
            return replace(plan, state="withdrawn", ended_at=at)
    raise ValueError(f"{event.type} is not a fact of a release")
