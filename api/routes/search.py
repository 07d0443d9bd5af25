"""Anything by any fragment of it, and one device of the network."""

from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.deps import Need
from api.schemas_search import Kind, NodeAnswer, SearchAnswer
from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right, Scope
from dashboards.seen import viewer_of
from dispatch.directory.search import nodes, service

router = APIRouter(tags=["directory"])
Viewer = Annotated[Principal, Depends(Need(Right.DIRECTORY_VIEW))]
MOST = 50


@router.get("/api/search", response_model=SearchAnswer)
def search(
    principal: Viewer,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=100,
            description="Any fragment of a name, number, address, line or region; in Chinese, in "
            "pinyin or its initials. Several words narrow.",
            examples=["朝阳 张"],
        ),
    ],
    kinds: Annotated[list[Kind] | None, Query(description="Only these kinds.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Of each kind, at most.")] = (
        service.LIMIT
    ),
) -> service.Found:
    """What it may mean, with why. Who sees personal data masked finds by what the masks show."""
    if "\x00" in q:
        raise InvalidField("query.q", "must not contain NUL characters", "不得含 NUL")
    viewer = viewer_of(principal)
    asked = set(kinds or get_args(Kind))
    if not principal.may(Right.TICKET_VIEW):
        asked.discard("ticket")
    with read_session() as session:
        return service.search(
            session,
            principal.org_id,
            q,
            viewer.access,
            limit,
            at=now(),
            eyes=viewer.eyes,
            kinds=asked,
        )


@router.get("/api/nodes/{node_id}", response_model=NodeAnswer)
def node(node_id: UUID, principal: Viewer) -> nodes.NodePage:
    """A device with what is above it, its important customers, and open orders below it."""
    viewer = viewer_of(principal)
    centre = principal.unit_id if viewer.access.scope is Scope.CENTRE else None
    with read_session() as session:
        return nodes.node_page(session, principal.org_id, node_id, viewer.eyes, centre)
