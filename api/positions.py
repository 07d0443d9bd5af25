"""Positions for the map: coalesced per vehicle, packed once per rights class.

Gateways publish 34-byte records on Valkey (docs/gps.md); the newest record of each vehicle goes
out a few times a second. Valkey may be lost: the map then stands still and shows its age.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import redis.asyncio
from sqlalchemy import select

from core.clock import monotonic
from core.db import read_session
from core.live import EVERYTHING
from core.models import Unit
from core.settings import settings
from dispatch.crews.models import Vehicle
from gps.publish import RECORD as RECORD

CHANNEL = "paidan:positions:"
OWNERS_AGE_S = 10.0


class Positions:
    """The newest record of each vehicle that has not been sent yet."""

    def __init__(self) -> None:
        self._fresh: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        self._owners: dict[int, dict[bytes, str]] = {}
        self._owners_at: dict[int, float] = {}

    async def listen(self) -> None:
        """Collect what gateways publish, until the connection breaks."""
        client = redis.asyncio.Redis.from_url(
            str(settings().redis_url), socket_connect_timeout=5, health_check_interval=10
        )
        try:
            async with client.pubsub() as pubsub:
                await pubsub.psubscribe(CHANNEL + "*")
                async for message in pubsub.listen():
                    if message["type"] == "pmessage":
                        self.take(message["channel"].decode(), message["data"])
        finally:
            await client.aclose()

    def take(self, channel: str, data: bytes) -> None:
        """Keep the newest record of each vehicle."""
        fresh = self._fresh[int(channel.removeprefix(CHANNEL))]
        for start in range(0, len(data) - RECORD.size + 1, RECORD.size):
            record = data[start : start + RECORD.size]
            fresh[record[:16]] = record

    async def send(self, feeds: Mapping[tuple[int, str], Any]) -> None:
        """Send what is new to the board's followers: all, or those of the vehicle's centre."""
        fresh, self._fresh = self._fresh, defaultdict(dict)
        if not any(fresh.values()):
            return
        await self._refresh_owners(fresh)
        for (org_id, topic), feed in feeds.items():
            records = fresh.get(org_id)
            if not records or not feed.clients or not topic.startswith("board:"):
                continue
            owners = self._owners.get(org_id, {})
            packed = b"".join(
                record
                for vehicle, record in records.items()
                if topic == EVERYTHING or owners.get(vehicle) == topic
            )
            if packed:
                for client in feed.clients:
                    client.put_raw(packed)

    async def _refresh_owners(self, org_ids: Iterable[int]) -> None:
        for org_id in list(org_ids):
            read_at = self._owners_at.get(org_id)
            if read_at is None or monotonic() - read_at >= OWNERS_AGE_S:
                self._owners_at[org_id] = monotonic()
                self._owners[org_id] = await asyncio.to_thread(_owners, org_id)


def _owners(org_id: int) -> dict[bytes, str]:
    """Vehicle in use → the board topic of its centre."""
    query = (
        select(Vehicle.id, Unit.centre_id)
        .join(Unit, (Unit.org_id == Vehicle.org_id) & (Unit.id == Vehicle.crew_id))
        .where(Vehicle.org_id == org_id, Vehicle.active)
    )
    with read_session() as session:
        return {
            UUID(str(vehicle)).bytes: f"board:{centre}"
            for vehicle, centre in session.execute(query)
        }
