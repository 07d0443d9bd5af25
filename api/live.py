"""The WebSocket: numbered changes, deliveries that must be confirmed, packed positions."""

import asyncio
import json
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter

from api.deliveries import confirm
from api.deps import COOKIE
from api.hub import Client, Hub
from api.schemas import Moment
from core.auth import principal_of
from core.db import read_session
from core.errors import NotAuthenticated, Problem
from core.identity import Principal
from core.live import AGENTS, BREACHES, CALLS, EVERYTHING
from core.logging import logger
from core.rights import Right, Role, Scope

router = APIRouter()
log = logger(__name__)

# What may be subscribed to, and the right it takes. Which rows it holds follows from the login.
TOPICS: dict[str, Right] = {
    "board": Right.BOARD,
    "queue": Right.CREW_ACT,
    "calls": Right.CALL_VIEW,
    "agents": Right.CALL_VIEW,
    "breaches": Right.REVIEW_VIEW,
}
_SHARED = {"calls": CALLS, "agents": AGENTS, "breaches": BREACHES}
"""Topics that are one for everybody; what of a row somebody sees is decided where it is sent."""
LOGIN_ENDED = 4401
NOT_ALLOWED = 4403
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
TOO_LONG = 4_096


def topic_of(principal: Principal, name: str = "board") -> str:
    """The stored topic that a person's screen follows under `name`."""
    if name in _SHARED:
        return _SHARED[name]
    access = principal.access
    if access.scope is Scope.ALL:
        return EVERYTHING
    kind = "crew" if principal.role is Role.CREW else "board"
    return f"{kind}:{access.unit_id}"


def same_origin(socket: WebSocket) -> bool:
    """Browsers name the page's origin: only our own pages may use the cookie."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


def who(token: str | None) -> Principal:
    """The login behind a cookie. Raises NotAuthenticated."""
    with read_session() as session:
        return principal_of(session, token)


@router.websocket("/api/live")
async def live(socket: WebSocket) -> None:
    """`subscribe`, then `deltas`, `heartbeat`, `deliver`; the client answers with `receipt`."""
    hub: Hub = socket.app.state.hub
    await socket.accept()
    token = socket.cookies.get(COOKIE)
    try:
        principal = await asyncio.to_thread(who, token)
    except NotAuthenticated:
        await socket.close(LOGIN_ENDED, "not logged in")
        return
    if not same_origin(socket):
        await socket.close(NOT_ALLOWED, "foreign origin")
        return
    client = Client(socket, principal, token)
    sender = asyncio.create_task(client.send_all())
    try:
        async for message in _messages(client):
            await _answer(hub, client, message)
    except WebSocketDisconnect as over:
        client.closed_with = over.code
    finally:
        hub.gone(client)
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender


async def _messages(client: Client) -> Any:
    socket = client.socket
    while (frame := await socket.receive())["type"] == "websocket.receive":
        try:
            message = _parsed(frame.get("text"))
        except ValueError as error:
            await socket.send_json({"type": "error", "code": "bad_message", "detail": str(error)})
            continue
        yield message
    client.closed_with = frame.get("code") or client.closed_with


def _parsed(text: str | None) -> dict[str, Any]:
    """The JSON object of a text frame. Raises ValueError for everything else."""
    if text is None:
        raise ValueError("not text")
    if len(text) > TOO_LONG:
        raise ValueError("too long")
    try:
        message = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


async def _answer(hub: Hub, client: Client, message: dict[str, Any]) -> None:
    kind = message.get("type")
    if kind == "subscribe":
        await _subscribe(hub, client, message)
    elif kind == "receipt":
        await _receipt(client, message)
    elif kind == "ping":
        client.put({"type": "pong"})
    else:
        client.put({"type": "error", "code": "unknown_type", "field": "type"})


async def _subscribe(hub: Hub, client: Client, message: dict[str, Any]) -> None:
    name, number = message.get("topic"), message.get("from")
    right = TOPICS.get(name) if isinstance(name, str) else None
    if right is None:
        client.put({"type": "error", "code": "unknown_topic", "field": "topic"})
    elif not client.principal.may(right):
        client.put({"type": "error", "code": "forbidden", "field": "topic", "topic": name})
    elif not isinstance(number, int) or isinstance(number, bool) or number < 0:
        client.put({"type": "error", "code": "invalid_field", "field": "from"})
    else:
        await hub.subscribe(client, str(name), topic_of(client.principal, str(name)), number)


def _moment(text: object) -> datetime | None:
    """The aware time of an ISO text, None for none. Raises ValueError for everything else."""
    return None if text is None else _MOMENT.validate_python(text)


async def _receipt(client: Client, message: dict[str, Any]) -> None:
    try:
        receipt_id = UUID(str(message.get("receipt_id")))
    except ValueError:
        client.put({"type": "error", "code": "invalid_field", "field": "receipt_id"})
        return
    try:
        at = _moment(message.get("at"))
    except ValueError:
        client.put({"type": "error", "code": "invalid_field", "field": "at"})
        return
    try:
        await asyncio.to_thread(confirm, client.principal, receipt_id, at)
    except Problem as problem:
        client.put({"type": "error", "code": problem.code, "receipt_id": str(receipt_id)})
        return
    except Exception:  # the client sends the receipt again; the connection must live
        log.exception("receipt_failed", receipt_id=str(receipt_id))
        client.put({"type": "error", "code": "unavailable", "receipt_id": str(receipt_id)})
        return
    client.put({"type": "receipt_ok", "receipt_id": str(receipt_id)})
