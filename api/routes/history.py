"""Calibration and what-if. Both read whole periods: who accepts `application/x-ndjson` hears how
far it is, line by line, and the answer in the last line.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response, StreamingResponse
from sqlalchemy.orm import Session

from api.deps import Need
from api.policy_named import policy_named
from api.routes.reports import End, Start, System
from api.schemas import Plain
from api.schemas_history import CalibrationAnswer, Dimension, WhatIfAnswer, WhatIfBody
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from dashboards.reports.calibrate import Calibration, Wish, calibrate
from dashboards.reports.query import count_cases
from dashboards.reports.steps import Steps, finish
from dashboards.reports.what_if import Answer, Question, what_if
from dispatch.orders.service import POLICY
from sla.calibration import BANDS, LEAST, LEVEL
from sla.documents import days_of, refused, shipped_calendar
from sla.policy import Policy
from sla.versions import book_of, check

router = APIRouter(tags=["reports"], prefix="/api/sla")
Viewer = Annotated[Principal, Depends(Need(Right.REPORT_VIEW))]
LINES = "application/x-ndjson"
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {LINES: {"schema": {"type": "string"}}},
        "description": "As JSON; or as lines `{orders}`, `{done}` …, `{answer}`.",
    }
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Calibrating:
    """What a calibration is asked."""

    start: Start
    end: End
    policy: Annotated[str, Query(description="A name, or name@version.")] = POLICY
    quantile: Annotated[float, Query(gt=0, lt=1)] = 0.5
    level: Annotated[float, Query(gt=0, lt=1)] = LEVEL
    least: Annotated[int, Query(ge=2, le=100_000)] = LEAST
    by: Annotated[list[Dimension] | None, Query(max_length=3)] = None
    bands: Annotated[
        list[Annotated[int, Query(ge=0, le=23)]] | None,
        Query(min_length=2, max_length=24, description="Hours at which bands of the day begin."),
    ] = None
    change: Annotated[
        list[Plain] | None, Query(max_length=100, description="Give a document; empty: all.")
    ] = None
    everywhere: Annotated[bool, Query(description="Also what it does not apply to.")] = False
    system: System = None

    def wish(self) -> Wish:
        """Raises InvalidField."""
        _ordered(self.start, self.end, "query.to")
        bands = tuple(self.bands or BANDS)
        if any(a >= b for a, b in pairwise(bands)):
            raise InvalidField("query.bands", "ascending hours", "须为递增的小时")
        by = tuple(self.by or ())
        if len(set(by)) < len(by):
            raise InvalidField("query.by", "each once", "各一次")
        return Wish(by, self.quantile, self.level, self.least, bands, self.system, self.everywhere)

    def changed(self, judge: Policy) -> list[str] | None:
        """Which rules the document changes; None: all of the chain. Raises InvalidField."""
        chosen = [one for one in self.change or () if one]
        known = [rule.code for rule in judge.rules]
        if not set(chosen) <= set(known):
            raise InvalidField("query.change", f"of {', '.join(known)}")
        return chosen or None


@router.get("/calibration", response_model=CalibrationAnswer, responses=STREAMED)
def calibration(
    principal: Viewer, request: Request, asked: Annotated[Calibrating, Depends()]
) -> Response:
    """Typical times of a period, and the limits that follow beside today's."""
    named = policy_named(principal, asked.policy, "query.policy")
    judge = named.policy
    wish, chosen = asked.wish(), asked.changed(judge)
    start, end = asked.start, asked.end

    def steps(session: Session) -> Steps[Calibration]:
        return calibrate(session, principal.org_id, principal.access, judge, start, end, wish)

    def answer(found: Calibration) -> dict[str, Any]:
        wanted = asked.change is not None
        text = found.document(named.text, named.next_version, chosen) if wanted else None
        return {**found.as_json(), "document": text}

    return _respond(principal, request, start, end, wish.system, steps, answer)


@router.post("/what-if", response_model=WhatIfAnswer, responses=STREAMED)
def what_if_route(principal: Viewer, request: Request, body: WhatIfBody) -> Response:
    """A past period judged by another policy, and what comes out otherwise. Nothing is kept."""
    if body.document is None:
        after = policy_named(principal, body.policy or "", "body.policy").policy
    else:
        after = _draft(principal, body.document)
    before = policy_named(principal, body.against, "body.against").policy
    _ordered(body.from_, body.to, "body.to")
    asked = Question(
        before,
        after,
        by=body.by,
        system=body.system,
        everywhere=body.everywhere,
        offset=body.offset,
        limit=body.limit,
    )

    def steps(session: Session) -> Steps[Answer]:
        return what_if(session, principal.org_id, principal.access, asked, body.from_, body.to)

    return _respond(principal, request, body.from_, body.to, body.system, steps, Answer.as_json)


def _draft(principal: Principal, text: str) -> Policy:
    """A document that is not kept, on the organisation's calendars. Raises PolicyInvalid."""
    with read_session() as session:
        book = book_of(session, principal.org_id)
    found = check(text, book.calendars)
    if isinstance(found, list):
        raise refused("policy.toml", found)
    return found.on(days_of(found, lambda code: book.calendar(code) or shipped_calendar(code)))


def _ordered(start: datetime, end: datetime, field: str) -> None:
    if end <= start:
        raise InvalidField(field, "must lie behind `from`", "须晚于 from")


def _respond(
    principal: Principal,
    request: Request,
    start: datetime,
    end: datetime,
    system: str | None,
    steps: Callable[[Session], Steps[T]],
    answer: Callable[[T], dict[str, Any]],
) -> Response:
    """The answer as JSON, or line by line with how far it is."""
    if LINES not in request.headers.get("accept", ""):
        with read_session() as session:
            return JSONResponse(jsonable_encoder(answer(finish(steps(session)))))

    def lines() -> Iterator[str]:
        with read_session() as session:
            org_id, access = principal.org_id, principal.access
            yield _line("orders", count_cases(session, org_id, access, start, end, system))
            running = steps(session)
            while True:
                try:
                    yield _line("done", next(running))
                except StopIteration as over:
                    yield _line("answer", answer(over.value))
                    return

    return StreamingResponse(lines(), media_type=LINES)


def _line(name: str, value: Any) -> str:
    return json.dumps({name: jsonable_encoder(value)}, ensure_ascii=False) + "\n"
