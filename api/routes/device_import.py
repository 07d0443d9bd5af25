"""Many devices at once, from a table."""

import tempfile
from pathlib import Path
from shutil import copyfileobj
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.deps import Writer, writer
from api.files import DRY_RUN, form_with
from api.schemas_devices import DeviceImport
from core.errors import InvalidField
from core.rights import Right
from core.uow import UnitOfWork
from dispatch.directory.imports import service
from dispatch.roster.device_import import import_devices

router = APIRouter(tags=["organisation"])
Admin = Annotated[Writer, writer(Right.ORGANISATION_ADMIN)]
MOST_PROBLEMS = 200
_FORM = form_with(dry_run=DRY_RUN)


class _Upload(BaseModel):
    """What makes two uploads the same."""

    dry_run: bool
    digest: str


@router.post("/api/devices/import", response_model=DeviceImport, openapi_extra=_FORM)
async def import_table(request: Request, write: Admin) -> Response:
    """CSV or XLSX with the columns identity, plate, time_zone, datum, code, note; a row each."""
    async with request.form(max_files=1, max_fields=4) as form:
        dry_run, file = form.get("dry_run", "true"), form.get("file")
        if dry_run not in ("true", "false"):
            raise InvalidField("body.dry_run", "must be true or false", "应为 true 或 false")
        if not isinstance(file, UploadFile):
            raise InvalidField("body.file", "must be a file", "应为文件")
        return await run_in_threadpool(_take_in, write, file, dry_run=dry_run == "true")


def _take_in(write: Writer, file: UploadFile, *, dry_run: bool) -> JSONResponse:
    received = service.receive(file.filename or "", file.file)

    def act(uow: UnitOfWork) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="paidan-devices-") as folder:
            path = Path(folder) / "table"
            file.file.seek(0)
            with path.open("wb") as copy:
                copyfileobj(file.file, copy)
            done = import_devices(uow, path, received.name, dry_run=dry_run)
        return {
            "dry_run": dry_run,
            "rows": done.rows,
            "added": done.added,
            "changed": done.changed,
            "same": done.same,
            "rejected": done.rejected,
            "problems": [one._asdict() for one in done.problems[:MOST_PROBLEMS]],
        }

    return write.run(_Upload(dry_run=dry_run, digest=received.digest), act)
