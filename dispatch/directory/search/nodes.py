"""One device of the network: what is above it, whom it supplies, what is wrong below it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import NotFound
from dispatch.directory import repository as directory
from dispatch.directory.callers import OpenOrder
from dispatch.directory.models import NetworkNode
from dispatch.directory.search.hits import Device, devices
from dispatch.privacy.masking import Eyes

MOST_IMPORTANT = 50
MOST_ORDERS = 20


@dataclass(frozen=True, slots=True)
class ImportantCustomer:
    """重要电力用户 below a device; its transformer says on which branch."""

    id: UUID
    number: str
    name_zh: str
    name_en: str | None
    importance: str
    account_state: str
    transformer_code: str


@dataclass(frozen=True, slots=True)
class NodePage:
    """A device. `above`: the next one first. Counts are of all below, lists of the first ones."""

    id: UUID
    kind: str
    code: str
    name_zh: str
    name_en: str
    lat: float | None
    lon: float | None
    above: list[Device]
    transformers: int
    customers: int
    important_count: int
    important: list[ImportantCustomer]
    open_order_count: int
    open_orders: list[OpenOrder]


_BELOW = """
WITH RECURSIVE below AS (
    SELECT id, kind, code, 0 AS depth FROM network_node
    WHERE org_id = :org_id AND id = :node_id
    UNION ALL
    SELECT n.id, n.kind, n.code, b.depth + 1 FROM below b
    JOIN network_node n ON n.org_id = :org_id AND n.parent_id = b.id
    WHERE b.depth < 12
)
"""
_COUNTS = text(
    _BELOW  # noqa: S608 - constants
    + """
SELECT (SELECT count(*) FROM below WHERE kind = 'transformer'),
    (SELECT count(DISTINCT s.customer_id) FROM below b
     JOIN service_point s ON s.org_id = :org_id AND s.transformer_id = b.id)
"""
)
_IMPORTANT = text(
    _BELOW
    + """
SELECT DISTINCT ON (c.importance, c.number) c.id, c.number, c.name_zh, c.name_en,
    c.importance, c.account_state, b.code
FROM below b JOIN service_point s ON s.org_id = :org_id AND s.transformer_id = b.id
JOIN customer c ON c.org_id = :org_id AND c.id = s.customer_id
WHERE c.importance <> 'ordinary'
ORDER BY c.importance, c.number, b.code
"""
)
_RANK = {"special": 0, "first": 1, "second": 2, "temporary": 3}


def node_page(
    session: Session, org_id: int, node_id: UUID, eyes: Eyes, centre_id: UUID | None = None
) -> NodePage:
    """One device in full. `centre_id`: of orders only those that this centre holds. Or NotFound."""
    node = session.get(NetworkNode, (org_id, node_id))
    if node is None:
        raise NotFound(what="node", id=node_id)
    values = {"org_id": org_id, "node_id": node_id}
    transformers, customers = session.execute(_COUNTS, values).one()
    important = [ImportantCustomer(*row) for row in session.execute(_IMPORTANT, values)]
    important.sort(key=lambda one: (_RANK[one.importance], one.number))
    ids = directory.orders_below(session, org_id, [node_id], MOST_ORDERS * 50)[node_id]
    orders = _orders(session, org_id, ids, centre_id)
    above = devices(session, org_id, [node_id]).get(node_id, [])
    return NodePage(
        id=node.id,
        kind=node.kind,
        code=node.code,
        name_zh=node.name_zh,
        name_en=node.name_en,
        lat=node.lat,
        lon=node.lon,
        above=above[1:],
        transformers=transformers,
        customers=customers,
        important_count=len(important),
        important=[_seen(one, eyes) for one in important[:MOST_IMPORTANT]],
        open_order_count=len(orders),
        open_orders=[_order_seen(one, eyes) for one in orders[:MOST_ORDERS]],
    )


_ORDERS = text("""
SELECT o.id, o.number, o.state, o.fault_code, o.urgency, o.filed_at, o.centre_id,
    l.place, l.place_en, 'line'
FROM orders o LEFT JOIN location l ON l.org_id = o.org_id AND l.id = o.location_id
WHERE o.org_id = :org_id AND o.id = ANY(:ids)
    AND (CAST(:centre AS uuid) IS NULL OR o.centre_id = :centre)
ORDER BY o.filed_at DESC, o.id
""")


def _orders(
    session: Session, org_id: int, ids: Collection[UUID], centre_id: UUID | None
) -> list[OpenOrder]:
    values = {"org_id": org_id, "ids": list(ids), "centre": centre_id}
    return [OpenOrder(*row) for row in session.execute(_ORDERS, values)] if ids else []


def _seen(one: ImportantCustomer, eyes: Eyes) -> ImportantCustomer:
    return ImportantCustomer(
        one.id,
        one.number,
        eyes.name(one.name_zh) or "",
        eyes.name(one.name_en),
        one.importance,
        one.account_state,
        one.transformer_code,
    )


def _order_seen(one: OpenOrder, eyes: Eyes) -> OpenOrder:
    return OpenOrder(
        one.id,
        one.number,
        one.state,
        one.fault_code,
        one.urgency,
        one.filed_at,
        one.centre_id,
        eyes.address(one.place),
        eyes.address(one.place_en),
        one.because,
    )
