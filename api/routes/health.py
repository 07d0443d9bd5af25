"""Is it alive, is it ready, what does it count."""

from functools import lru_cache

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.jobs import connection
from core.db import read_session
from core.migrate import is_current
from core.settings import settings

router = APIRouter(tags=["health"])


@router.get("/health/live")
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready")
def ready() -> JSONResponse:
    """Database with current schema and Valkey answer; 503 with the names of what does not."""
    checks = {"database": _database(), "schema": False, "valkey": _valkey()}
    checks["schema"] = checks["database"] and _schema(str(settings().database_url))
    good = all(checks.values())
    status = "ready" if good else "not ready"
    return JSONResponse({"status": status, "checks": checks}, 200 if good else 503)


@router.get("/metrics", include_in_schema=False)
def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _database() -> bool:
    try:
        with read_session() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


@lru_cache(maxsize=1)
def _known_current() -> set[str]:
    return set()


def _schema(url: str) -> bool:
    """Asked until it is current; a schema does not go back."""
    known = _known_current()
    if url not in known and is_current(url):
        known.add(url)
    return url in known


def _valkey() -> bool:
    try:
        return bool(connection().ping())
    except RedisError:
        return False
