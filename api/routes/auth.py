"""Login, logout, who am I."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from sqlalchemy.orm import Session

from api.deps import COOKIE, Need
from api.schemas_session import LoginBody, Me
from core import auth
from core.clock import now, rate
from core.db import read_session
from core.identity import Principal
from core.models import Organisation, Unit
from core.rights import Right, rights_of
from core.settings import settings
from dashboards.values import iso

router = APIRouter(tags=["login"])
Self = Annotated[Principal, Depends(Need(Right.SELF))]


@router.post("/api/login", response_model=Me)
def log_in(body: LoginBody, response: Response) -> dict[str, Any]:
    """Open a session. The cookie is HttpOnly; send `csrf_token` back as `X-CSRF-Token`."""
    token, principal = auth.log_in(body.login, body.password)
    return seat(response, token, principal)


@router.get("/api/me", response_model=Me)
def me(principal: Self) -> dict[str, Any]:
    """Who is logged in, with rights and the CSRF token."""
    with read_session() as session:
        return describe(session, principal)


@router.post("/api/logout", status_code=204)
def log_out(principal: Self, response: Response) -> None:
    """End the session; its live connections are closed."""
    auth.log_out(principal)
    response.delete_cookie(COOKIE, path="/")


def seat(response: Response, token: str, principal: Principal) -> dict[str, Any]:
    """Give the browser the cookie of an open session; the answer tells who it is."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings().session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings().secure_cookies or settings().effective_public_url.startswith("https:"),
        path="/",
    )
    with read_session() as session:
        return describe(session, principal)


def describe(session: Session, principal: Principal) -> dict[str, Any]:
    """What a screen must know about its user."""
    unit = session.get_one(Unit, (principal.org_id, principal.unit_id))
    organisation = session.get_one(Organisation, principal.org_id)
    return {
        "user": {
            "id": str(principal.user_id),
            "login": principal.login,
            "name": principal.name,
            "role": principal.role.value,
            "unit": {
                "id": str(unit.id),
                "kind": unit.kind,
                "code": unit.code,
                "name_zh": unit.name_zh,
                "name_en": unit.name_en,
            },
            "scope": principal.role.scope.value,
            "rights": sorted(right.value for right in rights_of(principal.role)),
        },
        "csrf_token": principal.csrf_token,
        "server_time": iso(now()),
        "rate": rate(),
        "organisation": {
            "code": organisation.code,
            "name_zh": organisation.name_zh,
            "name_en": organisation.name_en,
            "demo": organisation.demo,
        },
    }
