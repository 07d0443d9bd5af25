"""Errors as `application/problem+json` (RFC 9457), in the reader's language."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException

from core.correlation import correlation_id
from core.errors import FieldError, NotFound, Problem, Unavailable
from core.findings import Words, both
from core.logging import logger

log = logger(__name__)
_NOT_FOUND = Path(__file__).with_name("not_found.html")
_STATUS_WORDS = {
    400: ("请求体无法读取。", "The body of the request cannot be read."),
    404: ("找不到该地址。", "There is nothing at this address."),
    405: ("此地址不支持该方法。", "This address does not take that method."),
}


class Invalid(Problem):
    status = 422
    code = "invalid_field"
    zh = "输入有误，请检查所列字段。"
    en = "The input is not valid; see the fields listed."


class Unexpected(Problem):
    status = 500
    code = "unexpected"
    zh = "系统内部错误，已记录。"
    en = "Something unexpected went wrong; it has been logged."


class BodyTooLarge(Problem):
    status = 413
    code = "too_large"
    zh = "请求体过大，最多 {limit} 字节。"
    en = "The body of the request is too large; the limit is {limit} bytes."


class HttpProblem(Problem):
    """A status that the framework raised."""

    code = "http"


def language_of(request: Request) -> str:
    """`zh` or `en`, by Accept-Language; Chinese where neither is asked for."""
    wanted = request.headers.get("accept-language", "zh").lower()
    zh, en = wanted.find("zh"), wanted.find("en")
    return "en" if en >= 0 and (zh < 0 or en < zh) else "zh"


def render(problem: Problem, language: str) -> JSONResponse:
    """The response for a problem."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": problem.code.replace("_", " "),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.sentence(language),
        "errors": [
            {"field": one.field, "message": one.sentence(language)} for one in problem.errors
        ],
        "correlation_id": correlation_id(),
    }
    seconds = problem.params.get("seconds")
    headers = {"Retry-After": str(seconds)} if isinstance(seconds, int) else None
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")


def _read_by_a_person(request: Request) -> bool:
    """Was an address typed into a browser? The API answers alike whoever asks."""
    path = request.url.path
    wanted = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and wanted and not path.startswith("/api/")


def field_name(one: Any) -> str:
    """`body.centre_id`; unreadable JSON is the whole body's fault, not of a character's place."""
    place = one["loc"][:1] if one["type"] == "json_invalid" else one["loc"]
    return ".".join(str(part) for part in place)


def _found(error: RequestValidationError) -> list[tuple[Any, Words]]:
    return [(one, both(one)) for one in error.errors()]


def install(app: FastAPI) -> None:
    """Register the handlers."""

    @app.exception_handler(Problem)
    def _problem(request: Request, error: Problem) -> JSONResponse:
        return render(error, language_of(request))

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [FieldError(field_name(one), en, zh) for one, (zh, en) in _found(error)]
        return render(Invalid(errors=errors), language_of(request))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 413:
            return render(BodyTooLarge(limit=error.detail), language_of(request))
        if error.status_code == 404 and _read_by_a_person(request):
            return FileResponse(_NOT_FOUND, 404, {"Vary": "Accept"}, media_type="text/html")
        problem: Problem = HttpProblem()
        if error.status_code == 404:
            problem = NotFound(what="page", id=request.url.path)
        if error.status_code == 400:
            problem.errors = (FieldError("body", str(error.detail)),)
        problem.status = error.status_code
        zh, en = _STATUS_WORDS.get(error.status_code, (str(error.detail), str(error.detail)))
        problem.zh, problem.en = zh, en
        return render(problem, language_of(request))

    @app.exception_handler(OperationalError)
    def _away(request: Request, error: OperationalError) -> JSONResponse:
        log.error("database_away", error=str(error.orig)[:300])
        return render(Unavailable(what="PostgreSQL"), language_of(request))

    @app.exception_handler(NoConnection)
    def _busy(request: Request, error: NoConnection) -> JSONResponse:
        log.error("no_free_connection", error=str(error)[:300])
        return render(Unavailable(what="PostgreSQL"), language_of(request))

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected", path=request.url.path, exc_info=error)
        return render(Unexpected(), language_of(request))
