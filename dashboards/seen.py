"""What of a row somebody sees: personal data in clear or masked, and who listens in calls.

Pure functions of the row and of who looks, applied where rows leave the product: in answers and
in the deltas of the live feed. Since a row is masked alone, masked old snapshot + masked deltas
== masked fresh snapshot follows from the law of the clear rows.

The place of an order is where the work is: beside those who see personal data, the centre that
holds the order and the crew that has it in hand see it in clear, until it is closed or handed on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.identity import EVERYTHING, Access, Principal
from core.rights import Right, Scope, rights_of
from dispatch.directory.callers import Caller, CallerContext, OpenOrder, SupplyPoint
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.privacy.masking import CLEAR, Eyes
from telephony.routing.queues import plan

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: what the role shows of personal data, whose records they are, and whether one is
    shown who listens in calls.

    Two people with equal viewers see the same of every row.
    """

    eyes: Eyes
    access: Access
    sees_listeners: bool = True


def viewer_of(principal: Principal) -> Viewer:
    """The viewer that a logged-in person is."""
    access = principal.access
    shared = EVERYTHING if access.scope is Scope.ALL else access
    rights = rights_of(principal.role)
    return Viewer(Eyes.of(rights), shared, plan().listening_seen or Right.CALL_SUPERVISE in rights)


def eyes_on(row: Mapping[str, Any], viewer: Viewer) -> Eyes:
    """How the viewer sees what belongs to an order, by the order's row."""
    return CLEAR if viewer.eyes.clear or _works_on(row, viewer.access) else viewer.eyes


def _works_on(row: Mapping[str, Any], access: Access) -> bool:
    if access.scope is Scope.CENTRE:
        return bool(row["state"] != "closed" and row["centre_id"] == str(access.unit_id))
    if access.scope is Scope.CREW:
        one = row["assignment"]
        mine = one is not None and one["crew_id"] == str(access.unit_id)
        return bool(mine and one["state"] in OPEN_ASSIGNMENT)
    return False


def order_seen(row: Row, viewer: Viewer) -> Row:
    """An order's row with its place in clear or masked."""
    return place_seen(row, eyes_on(row, viewer))


def place_seen(row: Row, eyes: Eyes) -> Row:
    """Any row with a `place` and a `place_en`, in clear or masked."""
    if eyes.clear:
        return row
    return {
        **row,
        "place": eyes.address(row["place"]),
        "place_en": eyes.address(row["place_en"]),
    }


def page_seen(page: Row, viewer: Viewer) -> Row:
    """An order's page. Name, phone and words of the ticket: the hotline, and the crew at work."""
    at_work = viewer.access.scope is Scope.CREW and eyes_on(page["order"], viewer).clear
    eyes = CLEAR if at_work else viewer.eyes
    return {
        **page,
        "order": order_seen(page["order"], viewer),
        "ticket": ticket_seen(page["ticket"], eyes) if page["ticket"] else None,
        "holds": [hold_seen(one, eyes) for one in page["holds"]],
    }


def hold_seen(row: Row, eyes: Eyes) -> Row:
    """A hold with what was said in clear or masked."""
    if eyes.clear:
        return row
    said = {name: eyes.text(row[name]) for name in ("words", "decision_words")}
    return {**row, **said}


def review_seen(row: Row, eyes: Eyes) -> Row:
    """A review with what was said in clear or masked."""
    if eyes.clear:
        return row
    return {**row, **{name: eyes.text(row[name]) for name in ("appeal_words", "ruling_words")}}


def breach_seen(row: Row, viewer: Viewer) -> Row | None:
    """A live row of a breach or an anomaly; None where another centre's is none of the viewer's."""
    mine = viewer.access.scope is Scope.ALL or str(viewer.access.unit_id) in row["seen_by"]
    return {name: value for name, value in row.items() if name != "seen_by"} if mine else None


def ticket_seen(row: Row, eyes: Eyes) -> Row:
    """A ticket with name, phone and words in clear or masked."""
    if eyes.clear:
        return row
    return {
        **row,
        "caller_name": eyes.name(row["caller_name"]),
        "caller_name_en": eyes.name(row["caller_name_en"]),
        "caller_phone": eyes.phone(row["caller_phone"]),
        "description": eyes.text(row["description"]),
    }


def call_seen(row: Row, viewer: Viewer) -> Row:
    """A call with the caller's number in clear or masked, and who listens, where that is shown."""
    if not viewer.eyes.clear:
        row = {**row, "from_number": viewer.eyes.phone(row["from_number"])}
    if viewer.sees_listeners:
        return row
    return {**row, "supervisors": [one for one in row["supervisors"] if one["how"] != "listen"]}


def callback_seen(row: Row, eyes: Eyes) -> Row:
    """Who is to be called back, with the number in clear or masked."""
    return row if eyes.clear else {**row, "number": eyes.phone(row["number"])}


def delta_seen(item: Row, viewer: Viewer) -> Row:
    """A numbered change of a live topic as this viewer gets it."""
    if item["value"] is None:
        return item
    if item["entity"] == "order":
        return {**item, "value": order_seen(item["value"], viewer)}
    if item["entity"] == "call":
        return {**item, "value": call_seen(item["value"], viewer)}
    if item["entity"] == "callback":
        return {**item, "value": callback_seen(item["value"], viewer.eyes)}
    if item["entity"] in ("review", "anomaly"):
        return {**item, "value": breach_seen(item["value"], viewer)}
    return item


def caller_seen(caller: Caller, eyes: Eyes) -> Caller:
    """Who calls, with numbers, names and addresses in clear or masked."""
    if eyes.clear:
        return caller
    return replace(
        caller,
        number=eyes.phone(caller.number),
        customers=[_customer_seen(one, eyes) for one in caller.customers],
        orders=[open_order_seen(one, eyes) for one in caller.orders],
    )


def _customer_seen(one: CallerContext, eyes: Eyes) -> CallerContext:
    return replace(
        one,
        name_zh=eyes.name(one.name_zh) or "",
        name_en=eyes.name(one.name_en),
        points=[point_seen(point, eyes) for point in one.points],
        orders=[open_order_seen(order, eyes) for order in one.orders],
        notes=[replace(note, words=eyes.text(note.words) or "") for note in one.notes],
    )


def point_seen(point: SupplyPoint, eyes: Eyes) -> SupplyPoint:
    """A service point with its address in clear or masked."""
    return replace(
        point,
        address_zh=eyes.address(point.address_zh) or "",
        address_en=eyes.address(point.address_en),
    )


def open_order_seen(order: OpenOrder, eyes: Eyes) -> OpenOrder:
    """An open order with its place in clear or masked."""
    return replace(order, place=eyes.address(order.place), place_en=eyes.address(order.place_en))
