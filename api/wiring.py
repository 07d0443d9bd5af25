"""The table of what reaches whom. Every process installs it before it begins."""

from core import wiring
from core.wiring import Wiring
from dashboards.projector import project
from dispatch.crews import service as crews
from dispatch.desks import service as desks
from dispatch.holds import service as holds
from dispatch.orders import follow_on
from dispatch.orders import subscribers as orders
from dispatch.reviews import service as reviews
from dispatch.tickets import followup
from dispatch.tickets import service as tickets

SUBSCRIPTIONS = {
    "sla.breached": ("reviews.follow",),
    "sla.withdrawn": ("reviews.follow",),
    "order.stamp_corrected": ("reviews.follow",),
    "hold.approved": ("reviews.follow",),
    "hold.refused": ("reviews.follow",),
    "assignment.arrived": ("reviews.follow",),
    "call.ended": ("tickets.call_ended",),
    "calendar.version_added": ("tickets.calendar_changed",),
    "order.closed": ("tickets.order_closed",),
    "assignment.activated": ("orders.queue_moved",),
    "assignment.finished": ("orders.queue_moved", "reviews.follow"),
    "assignment.returned": ("orders.queue_moved",),
    "assignment.recalled": ("orders.queue_moved",),
    "desk.opened": ("desks.moved",),
    "desk.closed": ("desks.moved",),
    "vehicle.departed": ("orders.vehicle_departed",),
    "vehicle.arrived": ("orders.vehicle_arrived",),
    "vehicle.message_acked": ("orders.message_acked",),
    "vehicle.key_pressed": ("orders.key_pressed",),
    "vehicle.message_failed": ("orders.message_failed",),
}
SUBSCRIBERS = {
    crews.RETURN_DUE: crews.return_due,  # asked for by go_away, for the expected return
    holds.CAP_DUE: holds.cap_due,  # asked for where a hold begins, for when it may last no longer
    follow_on.BEGIN_DUE: follow_on.begin_due,  # asked for where an order is kept for later
    "reviews.follow": reviews.follow,
    "tickets.call_ended": tickets.call_ended,
    "tickets.calendar_changed": tickets.calendar_changed,
    "tickets.order_closed": followup.order_closed,
    "orders.queue_moved": orders.queue_moved,
    "desks.moved": desks.desk_moved,
    "orders.vehicle_departed": orders.vehicle_departed,
    "orders.vehicle_arrived": orders.vehicle_arrived,
    "orders.message_acked": orders.message_acked,
    "orders.key_pressed": orders.key_pressed,
    "orders.message_failed": orders.message_failed,
}
JOBS = {
    "directory.import": "dispatch.directory.imports.jobs:run_import",
    "notice.send": "dispatch.notices.jobs:send",
}


def wire() -> None:
    """Install the table in this process."""
    wiring.install(
        Wiring(subscriptions=SUBSCRIPTIONS, subscribers=SUBSCRIBERS, jobs=JOBS, projector=project)
    )
