"""Breaches and their reviews: list, evidence, appeal, files, ruling; the queue of anomalies."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api import files
from api.deps import Need, Writer, writer
from api.schemas import Moment
from api.schemas_reviews import (
    AnomalyEvidence,
    AnomalyRow,
    AppealBody,
    BreachSnapshot,
    ExplainBody,
    ListState,
    ReviewList,
    ReviewPage,
    RuleBody,
)
from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import breaches, breaches_live, discrepancies
from dashboards.breaches import Wanted
from dashboards.seen import breach_seen, page_seen, review_seen, viewer_of
from dispatch.reviews import repository, service
from dispatch.reviews.service import Ruling
from sla import anomaly_queue

router = APIRouter(tags=["reviews"])
Viewer = Annotated[Principal, Depends(Need(Right.REVIEW_VIEW))]
Appealer = Annotated[Writer, writer(Right.REVIEW_APPEAL)]
Ruler = Annotated[Writer, writer(Right.REVIEW_RULE)]
MONTH = timedelta(days=31)


@router.get("/api/reviews", response_model=ReviewList)
def reviews(
    principal: Viewer,
    start: Annotated[Moment | None, Query(alias="from", description="Default: by hours.")] = None,
    end: Annotated[Moment | None, Query(alias="to", description="Default: now.")] = None,
    hours: Annotated[int, Query(ge=1, le=744, description="How long before `to`.")] = 24,
    unit: Annotated[UUID | None, Query(description="A centre with its crews, or a crew.")] = None,
    code: Annotated[
        str | None, Query(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$", description="A segment.")
    ] = None,
    state: Annotated[ListState | None, Query()] = None,
    order_id: Annotated[UUID | None, Query(description="Those of one order.")] = None,
    ticket_id: Annotated[UUID | None, Query(description="Those of one ticket.")] = None,
) -> JSONResponse:
    """Breaches whose deadline lies in the period, withdrawn ones included, the newest first."""
    until = end or now() + timedelta(seconds=1)
    since = start or until - timedelta(hours=hours)
    if not timedelta(0) < until - since <= MONTH:
        raise InvalidField("query.to", "at most 31 days after from", "与开始时间最多相隔 31 天")
    wanted = Wanted(since, until, unit, code, state, order_id or ticket_id)
    with read_session() as session:
        found = breaches.breaches(session, principal.org_id, principal.access, wanted)
    return JSONResponse(found)


@router.get("/api/breaches", response_model=BreachSnapshot)
def live_breaches(
    principal: Viewer,
    hours: Annotated[int, Query(ge=1, le=744, description="Due within so many.")] = 24,
) -> JSONResponse:
    """The breaches of a period and the anomalies that wait, with the live feed's number."""
    with read_session() as session:
        found = breaches_live.snapshot(session, principal.org_id, now(), timedelta(hours=hours))
    viewer = viewer_of(principal)
    for name in ("reviews", "anomalies"):
        seen = (breach_seen(row, viewer) for row in found[name])
        found[name] = [row for row in seen if row is not None]
    return JSONResponse(found)


@router.get("/api/reviews/{review_id}", response_model=ReviewPage)
def review(principal: Viewer, review_id: UUID) -> JSONResponse:
    """One breach with its evidence: stamps, segments, holds, appeal, ruling, files."""
    with read_session() as session:
        row = repository.get(session, principal.org_id, review_id)
        service.demand_seen(session, principal.org_id, row, principal)
        return JSONResponse(_page(session, review_id, principal, now()))


def _page(session: Session, review_id: UUID, principal: Principal, now: datetime) -> dict[str, Any]:
    """A review with its evidence, as this person sees it."""
    viewer = viewer_of(principal)
    page = breaches.review_page(session, principal.org_id, review_id, now, viewer.eyes)
    return {
        **page,
        "review": review_seen(page["review"], viewer.eyes),
        "page": page_seen(page["page"], viewer) if page["page"] else None,
    }


def _after(
    write: Writer,
    body: BaseModel | None,
    review_id: UUID,
    use_case: Callable[[UnitOfWork], object],
    status: int = 200,
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        use_case(uow)
        uow.flush()
        uow.session.expunge_all()
        return _page(uow.session, review_id, write.principal, uow.now)

    return write.run(body, act, status)


@router.post("/api/reviews/{review_id}/appeal", response_model=ReviewPage)
def appeal(review_id: UUID, body: AppealBody, write: Appealer) -> JSONResponse:
    """The unit that answers for a breach says why it should not."""
    who = write.principal
    return _after(
        write,
        body,
        review_id,
        lambda uow: service.appeal(uow, review_id, who, body.reason, body.words),
    )


@router.post("/api/reviews/{review_id}/rule", response_model=ReviewPage)
def rule(review_id: UUID, body: RuleBody, write: Ruler) -> JSONResponse:
    """Upheld, so many seconds waived, or somebody else's. The last ruling holds."""
    ruling = Ruling(body.ruling, body.words, body.waived_s, body.party, body.unit)
    return _after(write, body, review_id, lambda uow: service.rule(uow, review_id, ruling))


@router.post(
    "/api/reviews/{review_id}/attachments",
    status_code=201,
    response_model=ReviewPage,
    openapi_extra=files.FORM,
)
async def attach(review_id: UUID, request: Request, write: Appealer) -> Response:
    """Put an image, a PDF, a sound or a video of at most 10 MB beside the review."""
    name, content = await files.uploaded(request)
    return await run_in_threadpool(_attach, review_id, write, name, content)


def _attach(review_id: UUID, write: Writer, name: str, content: bytes) -> JSONResponse:
    who = write.principal
    return _after(
        write,
        files.identity(name, content),
        review_id,
        lambda uow: service.attach(uow, review_id, who, name, content),
        status=201,
    )


@router.get(
    "/api/reviews/{review_id}/attachments/{attachment_id}",
    response_class=Response,
    responses=files.BYTES,
)
def download(review_id: UUID, attachment_id: UUID, principal: Viewer) -> Response:
    """The file, for everybody who sees the review."""
    with read_session() as session:
        seen = repository.get(session, principal.org_id, review_id)
        service.demand_seen(session, principal.org_id, seen, principal)
        row, content = service.read_file(session, principal.org_id, review_id, attachment_id)
    return files.sent(row, content)


@router.get("/api/anomalies", response_model=list[AnomalyRow])
def anomalies(principal: Viewer) -> JSONResponse:
    """What cannot be and nobody has put right or explained yet, the oldest first."""
    with read_session() as session:
        found = breaches.anomalies(session, principal.org_id, principal.access)
    return JSONResponse(found)


@router.get("/api/anomalies/{anomaly_id}", response_model=AnomalyEvidence)
def anomaly(principal: Viewer, anomaly_id: UUID) -> JSONResponse:
    """What GPS and the crew say about the point side by side, and where the vehicle was."""
    with read_session() as session:
        found = discrepancies.evidence(
            session, principal.org_id, principal.access, anomaly_id, now()
        )
    return JSONResponse(found)


@router.post("/api/anomalies/{anomaly_id}/explain", response_model=list[AnomalyRow])
def explain(anomaly_id: UUID, body: ExplainBody, write: Ruler) -> JSONResponse:
    """Say why it is so: it leaves the queue and stays unjudged. Answers with the queue."""

    def act(uow: UnitOfWork) -> Any:
        anomaly_queue.explain(uow, anomaly_id, body.reason, body.words)
        uow.flush()
        return breaches.anomalies(uow.session, uow.org_id, write.principal.access)

    return write.run(body, act)
