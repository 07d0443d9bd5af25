"""What the hotline's menu is told of a caller: how important, and whether a fault is known."""

from sqlalchemy.orm import Session

from core.callers import NOBODY, KnownCaller, Outage
from core.settings import settings
from dispatch.directory import repository
from dispatch.directory.rules import e164
from dispatch.directory.service import MOST, supply_points
from sla.repository import forecasts_of


def caller_context(session: Session, org_id: int, number: str) -> KnownCaller:
    """By the number as the carrier says it; nobody where it is withheld or not in the directory."""
    phone = e164(number, settings().phone_region)
    if phone is None:
        return NOBODY
    customers = repository.customers_of_phone(session, org_id, phone, MOST)
    if not customers:
        return NOBODY
    points = supply_points(session, org_id, [customer.id for customer, _ in customers])
    orders = {
        order_id
        for each in points.values()
        for point in each
        for near in (point.on_transformer, point.on_feeder)
        if near is not None
        for order_id in near.order_ids
    }
    if not orders:
        return KnownCaller(customers[0][0].importance)
    told = forecasts_of(session, org_id, orders)
    coming = [one.expected_at for one in told if one.expected_at is not None]
    return KnownCaller(customers[0][0].importance, Outage(len(orders), min(coming, default=None)))
