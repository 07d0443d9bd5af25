"""Notices to many: looked at, drafted, started, paused, resumed, cancelled."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas_campaigns import (
    CampaignBody,
    CampaignPage,
    CampaignPreview,
    CampaignRow,
    PreviewBody,
    Templates,
)
from core.clock import now
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.settings import settings
from core.uow import UnitOfWork
from dashboards import campaigns as screens
from dispatch.outbound import campaigns
from dispatch.outbound.audience import Scope
from dispatch.outbound.campaigns import NewCampaign
from telephony import messages
from telephony.templates import catalogue

router = APIRouter(tags=["messages"])
Sender = Annotated[Writer, writer(Right.NOTICE_SEND)]
Viewer = Annotated[Principal, Depends(Need(Right.NOTICE_VIEW))]


@router.get("/api/templates", response_model=Templates)
def templates(_principal: Viewer) -> dict[str, Any]:
    """Every text that leaves the house: by channel and language, with the carrier's approval."""
    return screens.templates()


@router.get("/api/campaigns", response_model=list[CampaignRow])
def rows(
    principal: Viewer, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[dict[str, Any]]:
    """Notices to many, the newest first."""
    with read_session() as session:
        return screens.rows(session, principal.org_id, limit)


@router.get("/api/campaigns/{campaign_id}", response_model=CampaignPage)
def one(campaign_id: UUID, principal: Viewer) -> dict[str, Any]:
    """One of them: how many are in which state, who did not get it and why."""
    with read_session() as session:
        return screens.campaign(session, principal.org_id, campaign_id)


@router.post("/api/campaigns/preview", response_model=CampaignPreview)
def preview(
    body: PreviewBody, principal: Annotated[Principal, Depends(Need(Right.NOTICE_SEND))]
) -> dict[str, Any]:
    """Who would get it now and who not, the texts, how long it takes. Nothing is written."""
    book = catalogue()
    with read_session() as session:
        found = campaigns.preview(session, principal.org_id, _new(body))
        set_up = messages.set_up(session, principal.org_id)
    local = now().astimezone(ZoneInfo(settings().timezone))
    return {
        "set_up": set_up,
        "customers": found.customers,
        "recipients": found.recipients,
        "by_language": dict(found.by_language),
        "excluded": dict(found.excluded),
        "numberless": found.numberless,
        "samples": [
            {"language": one.language, "text": one.text, "segments": one.segments}
            for one in found.samples
        ],
        "messages": found.messages,
        "seconds": found.recipients / settings().messages_per_second,
        "quiet_until": campaigns.quiet_until(book, book.template(body.template), local),
    }


@router.post("/api/campaigns", response_model=CampaignPage, status_code=201)
def draft(body: CampaignBody, write: Sender) -> JSONResponse:
    """Write a notice down. It goes out when it is started."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        hours = timedelta(hours=body.useful_hours)
        row = campaigns.draft(uow, _new(body, body.reason, hours))
        return _page(uow, row.id)

    return write.run(body, act, status=201)


@router.post("/api/campaigns/{campaign_id}/{act}", response_model=CampaignPage)
def move(
    campaign_id: UUID, act: Literal["start", "pause", "resume", "cancel"], write: Sender
) -> JSONResponse:
    """Start it, hold it back, let it go on, or end it for good; harmless a second time."""

    def moved(uow: UnitOfWork) -> dict[str, Any]:
        campaigns.act(uow, campaign_id, act)
        return _page(uow, campaign_id)

    return write.run(None, moved)


def _new(
    body: PreviewBody, reason: str = "", useful: timedelta = timedelta(hours=1)
) -> NewCampaign:
    scope = Scope(body.scope, body.scope_id, tuple(sorted(set(body.importances))))
    return NewCampaign(body.template, body.values, scope, reason, useful)


def _page(uow: UnitOfWork, campaign_id: UUID) -> dict[str, Any]:
    uow.flush()
    page = screens.campaign(uow.session, uow.org_id, campaign_id)
    return CampaignPage.model_validate(page).model_dump(mode="json")
