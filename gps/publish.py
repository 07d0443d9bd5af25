"""Positions to the live boards: packed, coalesced, lost without harm when Valkey is away."""

import asyncio
import struct
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

import redis
import redis.asyncio
from redis.exceptions import RedisError

from core.logging import logger
from gps.repository import Latest

log = logger(__name__)

RECORD = struct.Struct("!16siiHHIH")
"""Vehicle, latitude and longitude in millionths of a degree, 0.1 km/h, degrees, unix seconds, and
for how many seconds from then the position holds.
"""


def channel(org_id: int) -> str:
    """Where the positions of an organisation are published."""
    return f"paidan:positions:{org_id}"


class Seen(NamedTuple):
    """A published position. WGS-84 degrees, km/h, degrees from north. `quiet_at`: without another
    word it counts as unknown from then on.
    """

    vehicle_id: UUID
    lat: float
    lon: float
    speed_kmh: float
    course_deg: int
    fix_at: datetime
    quiet_at: datetime


def pack(positions: Iterable[Latest]) -> bytes:
    """Records of 34 bytes, network order."""
    return b"".join(
        RECORD.pack(
            latest.vehicle_id.bytes,
            round(latest.lat * 1e6),
            round(latest.lon * 1e6),
            min(round(latest.speed_kmh * 10), 0xFFFF),
            latest.course_deg % 360,
            int(latest.fix_at.timestamp()),
            _holds_s(latest),
        )
        for latest in positions
    )


def unpack(data: bytes) -> Iterator[Seen]:
    """The reverse of `pack`. struct.error when the length is no multiple of a record."""
    for vehicle, lat, lon, speed, course, at, holds_s in RECORD.iter_unpack(data):
        yield Seen(
            UUID(bytes=vehicle),
            lat / 1e6,
            lon / 1e6,
            speed / 10,
            course,
            datetime.fromtimestamp(at, UTC),
            datetime.fromtimestamp(at + holds_s, UTC),
        )


def publish_once(url: str, org_id: int, positions: Collection[Latest]) -> None:
    """Publish from a request's thread. Without Valkey the map stands still, and shows its age."""
    if not positions:
        return
    try:
        _client(url).publish(channel(org_id), pack(positions))
    except (RedisError, OSError) as error:
        log.warning("positions_not_published", reason=str(error)[:200])


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def _holds_s(latest: Latest) -> int:
    """Whole seconds from the fix on, so that a slow clock of the device takes nothing away."""
    if latest.quiet_at is None:
        return 0
    return min(max(0, int(latest.quiet_at.timestamp()) - int(latest.fix_at.timestamp())), 0xFFFF)


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
