"""Files that people put beside something: one in a form on its way in, safe on its way out."""

from typing import Any, Protocol
from urllib.parse import quote

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from core.errors import InvalidField
from dispatch.tickets.attachments import checked_type, digest_of
from dispatch.tickets.file_types import MAX_BYTES, plain_name

# What a browser may show by itself; everything else is offered as a download.
SHOWN = ("image/jpeg", "image/png", "image/gif", "image/webp")


def form_with(**fields: dict[str, Any]) -> dict[str, Any]:
    """For `openapi_extra`: a form of a file and these fields; those with a default are optional."""
    properties = {**fields, "file": {"type": "string", "format": "binary"}}
    schema = {
        "type": "object",
        "required": [name for name, one in properties.items() if "default" not in one],
        "properties": properties,
    }
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


FORM = form_with()
DRY_RUN: dict[str, Any] = {
    "type": "string",
    "enum": ["true", "false"],
    "default": "true",
    "description": "Check and count only.",
}
BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


class UploadedFile(BaseModel):
    """What makes two uploads the same."""

    name: str
    digest: str


class Kept(Protocol):
    """A file's row."""

    name: str
    content_type: str


async def uploaded(request: Request) -> tuple[str, bytes]:
    """The name and content of a form's one file. Raises InvalidField.

    One byte more than allowed is read at most: `identity` refuses it.
    """
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidField("body.file", "must be a file", "应为文件")
        return file.filename or "", await file.read(MAX_BYTES + 1)


def identity(name: str, content: bytes) -> UploadedFile:
    """What an idempotency key stands for. Raises FileTooLarge and InvalidField."""
    checked_type(content)
    return UploadedFile(name=plain_name(name), digest=digest_of(content))


def sent(row: Kept, content: bytes) -> Response:
    """The file as an answer: a page of ours never runs what is in it."""
    how = "inline" if row.content_type in SHOWN else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(row.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=3600",
    }
    return Response(content, media_type=row.content_type, headers=headers)
