"""Desks of the demo city, for the login page."""

from typing import Any

from fastapi import APIRouter, Response

from api.demo import desks
from api.routes.auth import seat
from api.schemas_demo import DeskBody, DeskRow
from api.schemas_session import Me
from core.db import read_session

router = APIRouter(tags=["login"])


@router.get("/api/demo", response_model=list[DeskRow])
def demo() -> list[desks.Desk]:
    """Desks that anybody may take without a password; empty where no demo city is on."""
    with read_session() as session:
        return desks.desks(session)


@router.post("/api/demo/enter", response_model=Me)
def enter(body: DeskBody, response: Response) -> dict[str, Any]:
    """Log in at a desk of the demo city, without a password. Answers as the login does."""
    token, principal = desks.enter(body.login)
    return seat(response, token, principal)
