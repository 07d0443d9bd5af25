"""The table of what reaches whom. Every process installs it before it begins."""

from core import wiring
from core.wiring import Wiring
from dashboards.projector import project
from dispatch.crews import service as crews
from dispatch.crews.repository import centres_of_vehicles
from dispatch.desks import service as desks
from dispatch.directory.hotline import caller_context
from dispatch.help import subscribers as help_calls
from dispatch.holds import service as holds
from dispatch.notices import carried
from dispatch.orders import follow_on, unseen
from dispatch.orders import subscribers as orders
from dispatch.outbound import crews as crews_outbound
from dispatch.reviews import service as reviews
from dispatch.silence import subscribers as silence
from dispatch.tickets import followup, rejudging
from dispatch.tickets import service as tickets
from telephony import caller, messages, missed
from telephony.purposes import CALLER
from telephony.routing import bridge, callbacks, supervision

SUBSCRIPTIONS = {
    "sla.breached": ("reviews.follow",),
    "sla.withdrawn": ("reviews.follow",),
    "order.stamp_corrected": ("reviews.follow",),
    "hold.approved": ("reviews.follow",),
    "hold.refused": ("reviews.follow",),
    "assignment.arrived": ("reviews.follow",),
    "command.ended": ("messages.command_ended",),
    "call.ended": ("tickets.call_ended",),
    "call.concluded": (missed.MISSED,),
    "calendar.version_added": (rejudging.REJUDGE,),
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
    "vehicle.key_pressed": ("orders.key_pressed", "help.key_pressed"),
    "vehicle.distress": ("help.distress",),
    "vehicle.message_failed": ("orders.message_failed",),
    "vehicle.silent": ("silence.moved",),
    "vehicle.heard": ("silence.moved",),
}
SUBSCRIBERS = {
    crews.RETURN_DUE: crews.return_due,  # asked for by go_away, for the expected return
    holds.CAP_DUE: holds.cap_due,  # asked for where a hold begins, for when it may last no longer
    follow_on.BEGIN_DUE: follow_on.begin_due,  # asked for where an order is kept for later
    unseen.LOOK_AGAIN: orders.arrival_unseen,  # asked for where an arrival is tapped
    "messages.command_ended": messages.command_ended,
    "reviews.follow": reviews.follow,
    "tickets.call_ended": tickets.call_ended,
    missed.MISSED: missed.concluded,
    rejudging.REJUDGE: rejudging.calendar_changed,
    "tickets.order_closed": followup.order_closed,
    "orders.queue_moved": orders.queue_moved,
    "desks.moved": desks.desk_moved,
    "help.key_pressed": help_calls.key_pressed,
    "help.distress": help_calls.distress,
    "orders.vehicle_departed": orders.vehicle_departed,
    "orders.vehicle_arrived": orders.vehicle_arrived,
    "orders.message_acked": orders.message_acked,
    "orders.key_pressed": orders.key_pressed,
    "orders.message_failed": orders.message_failed,
    "silence.moved": silence.moved,
}
JOBS = {
    "directory.import": "dispatch.directory.imports.jobs:run_import",
    "notice.send": "dispatch.notices.jobs:send",
    "notice.silence": "dispatch.silence.jobs:send",
}

PURPOSES = {
    CALLER: caller.caller,
    "agent": bridge.agent,
    "third": bridge.third,
    "supervisor": supervision.answer,
    "callback": callbacks.answer,
    crews_outbound.OFFER: crews_outbound.offer,
    carried.PURPOSE: carried.answer,
}
"""What legs of calls hear, by their purpose: see telephony/purposes.py."""


def wire() -> None:
    """Install the table in this process."""
    wiring.install(
        Wiring(
            subscriptions=SUBSCRIPTIONS,
            subscribers=SUBSCRIBERS,
            jobs=JOBS,
            projector=project,
            centres=centres_of_vehicles,
            purposes=PURPOSES,
            callers=caller_context,
        )
    )
