"""Breaches and their reviews: list, evidence, appeal, files, ruling; the queue of anomalies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.deps import Need, Writer, writer
from api.routes.attachments import FORM, SHOWN, UploadedFile
from api.schemas import Moment
from api.schemas_reviews import (
    AnomalyRow,
    AppealBody,
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
from dashboards import breaches
from dashboards.breaches import Wanted
from dashboards.seen import page_seen, review_seen, viewer_of
from dispatch.reviews import repository, service
from dispatch.reviews.service import Ruling
from dispatch.tickets import attachments
from dispatch.tickets.file_types import MAX_BYTES, plain_name
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
    order_id: Annotated[UUID | None, Query()] = None,
) -> JSONResponse:
    """Breaches whose deadline lies in the period, withdrawn ones included, the newest first."""
    until = end or now() + timedelta(seconds=1)
    since = start or until - timedelta(hours=hours)
    if not timedelta(0) < until - since <= MONTH:
        raise InvalidField("query.to", "at most 31 days after from", "与开始时间最多相隔 31 天")
    wanted = Wanted(since, until, unit, code, state, order_id)
    with read_session() as session:
        found = breaches.breaches(session, principal.org_id, principal.access, wanted)
    return JSONResponse(found)


@router.get("/api/reviews/{review_id}", response_model=ReviewPage)
def review(principal: Viewer, review_id: UUID) -> JSONResponse:
    """One breach with its evidence: stamps, segments, holds, appeal, ruling, files."""
    with read_session() as session:
        row = repository.get(session, principal.org_id, review_id)
        service.demand_seen(session, principal.org_id, row, principal)
        page = breaches.review_page(session, principal.org_id, review_id, now())
    return JSONResponse(_seen(page, principal))


def _seen(page: dict[str, Any], principal: Principal) -> dict[str, Any]:
    viewer = viewer_of(principal)
    return {
        **page,
        "review": review_seen(page["review"], viewer.eyes),
        "page": page_seen(page["page"], viewer),
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
        page = breaches.review_page(uow.session, uow.org_id, review_id, uow.now)
        return _seen(page, write.principal)

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
    openapi_extra=FORM,
)
async def attach(review_id: UUID, request: Request, write: Appealer) -> Response:
    """Put an image, a PDF, a sound or a video of at most 10 MB beside the review."""
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidField("body.file", "must be a file", "应为文件")
        content = await file.read(MAX_BYTES + 1)
        return await run_in_threadpool(_attach, review_id, write, file.filename or "", content)


def _attach(review_id: UUID, write: Writer, name: str, content: bytes) -> JSONResponse:
    attachments.checked_type(content)
    body = UploadedFile(name=plain_name(name), digest=attachments.digest_of(content))
    who = write.principal
    return _after(
        write,
        body,
        review_id,
        lambda uow: service.attach(uow, review_id, who, name, content),
        status=201,
    )


@router.get(
    "/api/reviews/{review_id}/attachments/{attachment_id}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def download(review_id: UUID, attachment_id: UUID, principal: Viewer) -> Response:
    """The file, for everybody who sees the review."""
    with read_session() as session:
        seen = repository.get(session, principal.org_id, review_id)
        service.demand_seen(session, principal.org_id, seen, principal)
        row, content = service.read_file(session, principal.org_id, review_id, attachment_id)
    how = "inline" if row.content_type in SHOWN else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(row.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=3600",
    }
    return Response(content, media_type=row.content_type, headers=headers)


@router.get("/api/anomalies", response_model=list[AnomalyRow])
def anomalies(principal: Viewer) -> JSONResponse:
    """What cannot be and nobody has put right or explained yet, the oldest first."""
    with read_session() as session:
        found = breaches.anomalies(session, principal.org_id, principal.access)
    return JSONResponse(found)


@router.post("/api/anomalies/{anomaly_id}/explain", response_model=list[AnomalyRow])
def explain(anomaly_id: UUID, body: ExplainBody, write: Ruler) -> JSONResponse:
    """Say why it is so: it leaves the queue and stays unjudged. Answers with the queue."""

    def act(uow: UnitOfWork) -> Any:
        anomaly_queue.explain(uow, anomaly_id, body.reason, body.words)
        uow.flush()
        return breaches.anomalies(uow.session, uow.org_id, write.principal.access)

    return write.run(body, act)
