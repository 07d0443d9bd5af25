"""What routes depend on: who is asking, with which right, and how a write is done once."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import compare_digest
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from core import idempotency
from core.auth import principal_of
from core.db import read_session
from core.errors import CsrfMissing, Forbidden
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork, unit_of_work

COOKIE = "paidan_session"
SAFE = ("GET", "HEAD", "OPTIONS")


class Need:
    """A dependency that lets somebody in who has `right`, and gives the route who it is."""

    def __init__(self, right: Right) -> None:
        self.right = right

    def __call__(
        self,
        request: Request,
        x_csrf_token: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Principal:
        with read_session() as session:
            principal = principal_of(session, request.cookies.get(COOKIE))
        if request.method not in SAFE and not compare_digest(
            (x_csrf_token or "").encode(), principal.csrf_token.encode()
        ):
            raise CsrfMissing(right="csrf")
        if not principal.may(self.right):
            raise Forbidden(right=self.right.value)
        return principal


@dataclass(frozen=True, slots=True)
class Writer:
    """A write by `principal` under an idempotency key."""

    principal: Principal
    key: str
    method: str
    path: str

    def run(
        self,
        body: BaseModel | None,
        act: Callable[[UnitOfWork], dict[str, Any]],
        status: int = 200,
    ) -> JSONResponse:
        """Do `act` in one transaction, or give the answer that this key got before."""
        values = body.model_dump(mode="json") if body else None
        digest = idempotency.request_hash(self.method, self.path, values)
        user_id = self.principal.user_id
        with unit_of_work(self.principal.actor) as uow:
            answer = idempotency.claim(uow, user_id, self.key, digest)
            if answer is None:
                answer = idempotency.Answer(status, act(uow))
                idempotency.keep(uow, user_id, self.key, answer)
        return JSONResponse(answer.body, status_code=answer.status)


def writer(right: Right) -> Any:
    """The dependency of a writing route: rights, CSRF and idempotency key checked."""
    need = Need(right)

    def build(
        request: Request,
        principal: Annotated[Principal, Depends(need)],
        idempotency_key: Annotated[
            str | None,
            Header(description="Any unique text of 1 to 128 visible characters; reuse on retry."),
        ] = None,
    ) -> Writer:
        key = idempotency.check_key(idempotency_key)
        return Writer(principal, key, request.method, request.url.path)

    return Depends(build)
