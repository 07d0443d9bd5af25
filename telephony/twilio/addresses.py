"""The addresses of ours that Twilio is given, all below the public URL and all signed by it."""

from urllib.parse import quote, urlencode
from uuid import UUID

from core.settings import settings

PREFIX = "/telephony/twilio"
AGAIN = "#rc=5&rp=5xx,ct,rt"
"""Tells the carrier to repeat a delivery that failed; it is no part of what is signed."""


def _address(path: str, **query: str) -> str:
    said = {name: value for name, value in query.items() if value}
    return settings().effective_public_url + PREFIX + path + (f"?{urlencode(said)}" if said else "")


def step(leg_id: UUID, name: str, turn: str = "", **more: str) -> str:
    """Where the leg asks what is next."""
    return _address(f"/leg/{leg_id}/{quote(name, safe='')}", turn=turn, **more)


def status(leg_id: UUID) -> str:
    """Where the leg's states are told."""
    return _address("/status", leg=str(leg_id)) + AGAIN


def queue() -> str:
    """Where it is told that a caller without a known leg left the queue."""
    return _address("/queue")


def wait() -> str:
    """Where a caller without a known leg asks what is heard in the queue."""
    return _address("/wait")


def conference() -> str:
    """Where it is told who comes, goes and is held."""
    return _address("/conference") + AGAIN


def recording(*, leg_id: UUID | None, kind: str) -> str:
    """Where the states of a recording are told. `kind`: conversation or message."""
    return _address("/recording", leg=str(leg_id or ""), of=kind) + AGAIN


def message(message_id: UUID) -> str:
    """Where it is told what became of a short message."""
    return _address(f"/message/{message_id}") + AGAIN


def fallback() -> str:
    """What a leg hears when another address of ours failed."""
    return _address("/fallback")


def script(leg_id: UUID, encoded: str) -> str:
    """A document that stands in its own address."""
    return _address("/script", leg=str(leg_id), nodes=encoded)
