"""Imports of the directory: upload, look, cancel, take the rejects home."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.deps import Need, Writer, writer
from api.files import DRY_RUN, form_with
from api.problems import language_of
from api.schemas_imports import (
    ImportProblems,
    ImportReference,
    ImportRunRow,
    KindCode,
)
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.models import User
from core.rights import Right
from core.settings import settings
from core.uow import UnitOfWork
from dashboards.values import iso
from dispatch.directory.imports import repository, service
from dispatch.directory.imports.choices import WORDS
from dispatch.directory.imports.kinds import CODES, kinds
from dispatch.directory.imports.models import ImportProblem, ImportRun
from dispatch.directory.imports.quality import TABLE

router = APIRouter(tags=["imports"])
SHOWN = 50
HIDDEN = "•••"
Importer = Annotated[Principal, Depends(Need(Right.DIRECTORY_IMPORT))]
Write = Annotated[Writer, writer(Right.DIRECTORY_IMPORT)]
_FORM = form_with(kind={"type": "string", "enum": list(CODES)}, dry_run=DRY_RUN)


class Upload(BaseModel):
    """What makes two uploads the same."""

    kind: str
    dry_run: bool
    name: str
    digest: str


@router.get("/api/imports/reference", response_model=ImportReference)
def reference(_principal: Importer) -> dict[str, Any]:
    """Kinds with their columns, the data-quality rules, the largest file."""
    return {
        "kinds": [
            {
                "code": kind.code,
                "name_zh": kind.name_zh,
                "name_en": kind.name_en,
                "key": list(kind.key),
                "columns": [
                    {
                        "name": one.name,
                        "headers": list(one.headers),
                        "required": one.required,
                        "choices": [
                            {"code": code, "zh": WORDS.get(code, code)} for code in one.choices
                        ],
                        "hint_zh": one.hint_zh,
                        "hint_en": one.hint_en,
                    }
                    for one in kind.columns
                ],
            }
            for kind in kinds(settings().phone_region).values()
        ],
        "rules": [
            {"code": one.code, "level": one.level, "zh": one.zh, "en": one.en} for one in TABLE
        ],
        "max_mb": settings().import_max_mb,
    }


@router.get(
    "/api/imports/templates/{kind}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def template(
    kind: KindCode,
    _principal: Importer,
    language: Annotated[Literal["zh", "en"], Query(description="Of the headers")] = "zh",
) -> Response:
    """A file with the header of a kind."""
    return _csv(service.template(service.kind_of(kind), language), f"{kind}.csv")


@router.post("/api/imports", response_model=ImportRunRow, status_code=201, openapi_extra=_FORM)
async def upload(request: Request, write: Write) -> Response:
    """Take a file in and have a worker check or import it; look at it by its id."""
    async with request.form(max_files=1, max_fields=8) as form:
        kind, dry_run, file = form.get("kind"), form.get("dry_run", "true"), form.get("file")
        if not isinstance(kind, str) or kind not in CODES:
            raise InvalidField("body.kind", f"one of {' '.join(CODES)}", "应为已知的种类")
        if dry_run not in ("true", "false"):
            raise InvalidField("body.dry_run", "must be true or false", "应为 true 或 false")
        if not isinstance(file, UploadFile):
            raise InvalidField("body.file", "must be a file", "应为文件")
        language = language_of(request)
        return await run_in_threadpool(
            _take_in, write, kind, file, language, dry_run=dry_run == "true"
        )


def _take_in(
    write: Writer,
    kind: str,
    file: UploadFile,
    language: str,
    *,
    dry_run: bool,
) -> JSONResponse:
    received = service.receive(file.filename or "", file.file)
    body = Upload(kind=kind, dry_run=dry_run, name=received.name, digest=received.digest)

    def act(uow: UnitOfWork) -> dict[str, Any]:
        run = service.begin(uow, kind, received, file.file, dry_run=dry_run)
        return _row(run, write.principal, write.principal.name, language)

    return write.run(body, act, status=201)


@router.get("/api/imports", response_model=list[ImportRunRow])
def runs(request: Request, principal: Importer) -> list[dict[str, Any]]:
    """The last 50, newest first."""
    with read_session() as session:
        found = repository.runs(session, principal.org_id, SHOWN)
        names = _names(session, principal.org_id, {run.asked_by for run in found})
        return [
            _row(run, principal, names.get(run.asked_by), language_of(request)) for run in found
        ]


@router.get("/api/imports/{run_id}", response_model=ImportRunRow)
def run_(run_id: UUID, request: Request, principal: Importer) -> dict[str, Any]:
    """How far it is, or how it ended."""
    with read_session() as session:
        run = service.one(session, principal.org_id, run_id)
        names = _names(session, principal.org_id, {run.asked_by})
        return _row(run, principal, names.get(run.asked_by), language_of(request))


@router.get("/api/imports/{run_id}/problems", response_model=ImportProblems)
def problems(
    run_id: UUID,
    request: Request,
    principal: Importer,
    after: Annotated[int, Query(ge=0, le=2**31, description="Row number; those behind it")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
    rule: Annotated[str | None, Query(max_length=40, pattern="^[a-z_]+$")] = None,
) -> dict[str, Any]:
    """What is wrong: counts by rule and field, and the findings by row."""
    with read_session() as session:
        run = service.one(session, principal.org_id, run_id)
        counts = repository.problems_by_rule(session, principal.org_id, run_id)
        rows = repository.problems(
            session, principal.org_id, run_id, after=after, limit=limit, rule=rule
        )
    hidden = set() if _may_read(run, principal) else _personal(run.kind)
    return {
        "counts": [
            {"level": level, "rule": code, "field": field, "rows": many}
            for level, code, field, many in counts
        ],
        "rows": [_problem(one, hidden, language_of(request)) for one in rows],
        "next": rows[-1].row if len(rows) == limit else None,
    }


@router.get(
    "/api/imports/{run_id}/rejects.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def rejects(run_id: UUID, principal: Importer) -> Response:
    """The refused rows as they were, behind row, field, rule and reason."""
    with read_session() as session:
        run = service.one(session, principal.org_id, run_id)
        if not _may_read(run, principal):
            raise service.ImportNotYours
        return _csv(service.rejects_text(session, run), f"rejects-{run.kind}.csv")


@router.post("/api/imports/{run_id}/import", response_model=ImportRunRow, status_code=201)
def repeat(run_id: UUID, request: Request, write: Write) -> JSONResponse:
    """Import for real the file of a dry run; a new run."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        run = service.repeat(uow, run_id)
        return _row(run, write.principal, write.principal.name, language_of(request))

    return write.run(None, act, status=201)


@router.post("/api/imports/{run_id}/cancel", response_model=ImportRunRow)
def cancel(run_id: UUID, request: Request, write: Write) -> JSONResponse:
    """Stop a run at its next batch; what is written stays."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        run = service.cancel(uow, run_id)
        names = _names(uow.session, uow.org_id, {run.asked_by})
        return _row(run, write.principal, names.get(run.asked_by), language_of(request))

    return write.run(None, act)


def _may_read(run: ImportRun, principal: Principal) -> bool:
    return run.asked_by == principal.user_id or principal.may(Right.PERSONAL_VIEW)


def _personal(kind: str) -> set[str]:
    return {one.name for one in service.kind_of(kind).columns if one.personal}


def _problem(row: ImportProblem, hidden: set[str], language: str) -> dict[str, Any]:
    found = service.finding(row)
    if row.field in hidden and row.value:
        found = type(found)(row.row, row.field, row.rule, HIDDEN, row.other)
    return {
        "row": row.row,
        "field": row.field,
        "rule": row.rule,
        "level": row.level,
        "value": found.value,
        "sentence": found.sentence(language),
    }


def _names(session: Session, org_id: int, ids: set[UUID | None]) -> dict[UUID | None, str]:
    query = select(User.id, User.name).where(User.org_id == org_id, User.id.in_(ids - {None}))
    return {row.id: row.name for row in session.execute(query)}


def _row(run: ImportRun, principal: Principal, name: str | None, language: str) -> dict[str, Any]:
    return {
        "id": str(run.id),
        "kind": run.kind,
        "state": run.state,
        "silent": service.is_silent(run),
        "dry_run": run.dry_run,
        "file_name": run.file_name,
        "file_bytes": run.file_bytes,
        "kept": run.kept,
        "mine": run.asked_by == principal.user_id,
        "asked_by": name,
        "header": run.header,
        "ignored": run.ignored,
        "rows": run.rows,
        "rows_done": min(run.rows_done, run.rows),
        "added": run.added,
        "changed": run.changed,
        "same": run.same,
        "rejected": run.rejected,
        "warned": run.warned,
        "cancel_asked": run.cancel_asked,
        "failure": run.failure_zh if language == "zh" else run.failure_en,
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
    }


def _csv(content: str, name: str) -> Response:
    return Response(
        content.encode(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
