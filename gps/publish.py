"""Positions to the live boards: packed, coalesced, lost without harm when Valkey is away."""

import asyncio
import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from core.logging import logger
from gps.repository import Latest

log = logger(__name__)

RECORD = struct.Struct("!16siiHHI")
"""Vehicle, latitude and longitude in millionths of a degree, 0.1 km/h, degrees, unix seconds."""


def channel(org_id: int) -> str:
    """Where the positions of an organisation are published."""
    return f"paidan:positions:{org_id}"


class Seen(NamedTuple):
    """A published position. WGS-84 degrees, km/h, degrees from north."""

    vehicle_id: UUID
    lat: float
    lon: float
    speed_kmh: float
    course_deg: int
    fix_at: datetime


def pack(positions: Iterable[Latest]) -> bytes:
    """Records of 32 bytes, network order."""
    return b"".join(
        RECORD.pack(
            latest.vehicle_id.bytes,
            round(latest.lat * 1e6),
            round(latest.lon * 1e6),
            min(round(latest.speed_kmh * 10), 0xFFFF),
            latest.course_deg % 360,
            int(latest.fix_at.timestamp()),
        )
        for latest in positions
    )


def unpack(data: bytes) -> Iterator[Seen]:
    """The reverse of `pack`. struct.error when the length is no multiple of a record."""
    for vehicle, lat, lon, speed, course, at in RECORD.iter_unpack(data):
        yield Seen(
            UUID(bytes=vehicle),
            lat / 1e6,
            lon / 1e6,
            speed / 10,
            course,
            datetime.fromtimestamp(at, UTC),
        )


class Publisher:
    """Publishes the newest position of each vehicle; what is not sent yet is overwritten."""

    def __init__(self, url: str | None) -> None:
        self._client = redis.asyncio.from_url(url, socket_timeout=2) if url else None
        self._waiting: dict[int, dict[UUID, Latest]] = {}
        self._some = asyncio.Event()
        self._stopped = False

    def put(self, org_id: int, positions: dict[UUID, Latest]) -> None:
        if positions:
            self._waiting.setdefault(org_id, {}).update(positions)
            self._some.set()

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopped:
            await self._some.wait()
            self._some.clear()
            waiting, self._waiting = self._waiting, {}
            try:
                await self._publish(waiting)
            except (RedisError, OSError) as error:
                log.warning("positions_not_published", reason=str(error)[:200])
                await asyncio.sleep(1)

    async def _publish(self, waiting: dict[int, dict[UUID, Latest]]) -> None:
        if self._client is None:
            return
        for org_id, positions in waiting.items():
            await self._client.publish(channel(org_id), pack(positions.values()))

    def stop(self) -> None:
        """End `run`. Cancelling alone is not enough: the client may swallow it while it sends."""
        self._stopped = True
        self._some.set()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
