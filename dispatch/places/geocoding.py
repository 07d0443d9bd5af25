"""The seam to geocoders, by geopy. What comes back is WGS-84, whatever the provider keeps.

A geocoder is asked last, waits a bounded time, is left alone for a while when it fails, and never
stands between a caller and an order: where it does not answer there is one candidate less.
"""

import hashlib
import json
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Protocol

from geopy.adapters import RequestsAdapter
from geopy.exc import (
    GeocoderRateLimited,
    GeocoderServiceError,
    GeocoderTimedOut,
    GeocoderUnavailable,
    GeopyError,
)
from geopy.geocoders import ArcGIS, BaiduV3, Nominatim
from redis import Redis
from redis.exceptions import RedisError

from core.clock import real_now
from core.coordinates import Datum, convert
from core.logging import logger
from core.settings import Settings, settings
from dispatch.places.amap import AMap

log = logger(__name__)
PROVIDERS = ("none", "nominatim", "arcgis", "amap", "baidu")
TRIES = 2
AT_ONCE = 4
"""Questions on their way at one time; more are not asked, so that no one waits for a slow one."""
FAILURES = 3
REST = timedelta(seconds=30)
KEPT = timedelta(days=7)
MOST = 5
AGENT = "paidan"


@dataclass(frozen=True, slots=True)
class Found:
    """A place that a geocoder knows. Degrees WGS-84, metres."""

    lat: float
    lon: float
    uncertainty_m: float
    label: str


class Geocoder(Protocol):
    """Words in, places out. `find` never raises because of the provider: it finds nothing."""

    @property
    def name(self) -> str: ...

    def find(self, text: str) -> Sequence[Found]: ...


class NoGeocoder:
    """Nobody is asked."""

    name = "none"

    def find(self, text: str) -> Sequence[Found]:  # noqa: ARG002 - the seam has it
        return ()


class Breaker:
    """Leaves a failing provider alone: after `FAILURES` in a row nothing is asked for `REST`."""

    def __init__(self) -> None:
        self._failures = 0
        self._closed_until: datetime | None = None
        self._lock = threading.Lock()

    def lets(self, now: datetime) -> bool:
        with self._lock:
            return self._closed_until is None or now >= self._closed_until

    def told(self, now: datetime, *, worked: bool) -> None:
        """How a question went; the first one after a rest decides alone."""
        with self._lock:
            if worked:
                self._failures, self._closed_until = 0, None
                return
            self._failures += 1
            if self._failures >= FAILURES:
                self._closed_until = now + REST


class Memory(Protocol):
    """What keeps answers; it may forget at any time."""

    def get(self, key: str) -> str | None: ...
    def put(self, key: str, value: str) -> None: ...


class ValkeyMemory:
    """In Valkey, for `KEPT`. Words are kept as a hash; where Valkey is away nothing is kept."""

    def __init__(self, url: str) -> None:
        self._client = Redis.from_url(
            url, socket_connect_timeout=1, socket_timeout=1, decode_responses=True
        )

    def get(self, key: str) -> str | None:
        try:
            found = self._client.get(key)
        except RedisError:
            return None
        return found if isinstance(found, str) else None

    def put(self, key: str, value: str) -> None:
        try:
            self._client.set(key, value, ex=KEPT)
        except RedisError:
            log.info("geocoder_answer_not_kept")


class GeopyGeocoder:
    """A geopy geocoder behind memory, breaker and a bounded number of tries."""

    def __init__(
        self,
        name: str,
        ask: Callable[[str], Any],
        *,
        given: Datum = "wgs84",
        uncertainty: Callable[[dict[str, Any]], float],
        memory: Memory | None = None,
        clock: Callable[[], datetime] = real_now,
    ) -> None:
        self.name = name
        self._ask = ask
        self._given = given
        self._uncertainty = uncertainty
        self._memory = memory
        self._clock = clock
        self._breaker = Breaker()
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def find(self, text: str) -> Sequence[Found]:
        """At most `MOST` places; none also where the provider is down, slow, full or refuses."""
        key = f"paidan:geocode:{self.name}:{hashlib.sha256(text.encode()).hexdigest()}"
        kept = self._memory.get(key) if self._memory else None
        if kept is not None:
            return [Found(**one) for one in json.loads(kept)]
        if not self._breaker.lets(self._clock()) or not self._room.acquire(blocking=False):
            return ()
        try:
            found = self._tried(text)
        finally:
            self._room.release()
        if found is None:
            return ()
        if self._memory:
            self._memory.put(key, json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return found

    def _tried(self, text: str) -> list[Found] | None:
        """None: it did not work."""
        for left in reversed(range(TRIES)):
            try:
                found = self._found(self._ask(text))
            except (GeopyError, KeyError, TypeError, ValueError) as error:
                log.warning("geocoder_failed", provider=self.name, cause=type(error).__name__)
                if left and _may_pass(error):
                    continue
                self._breaker.told(self._clock(), worked=False)
                return None
            self._breaker.told(self._clock(), worked=True)
            return found
        return None

    def _found(self, answer: Any) -> list[Found]:
        if answer is None:
            return []
        places = answer if isinstance(answer, list) else [answer]
        return [
            Found(
                *convert(one.latitude, one.longitude, given=self._given, wanted="wgs84"),
                self._uncertainty(one.raw),
                str(one.address or ""),
            )
            for one in places[:MOST]
        ]


def _may_pass(error: Exception) -> bool:
    """Whether the same question may work a moment later."""
    if isinstance(error, GeocoderRateLimited):
        return False
    passing = (GeocoderTimedOut, GeocoderUnavailable)
    return isinstance(error, passing) or type(error) is GeocoderServiceError


def geocoder_of(chosen: Settings, memory: Memory | None = None) -> Geocoder:
    """The geocoder that the settings name."""
    if chosen.geocoder == "none":
        return NoGeocoder()
    key = chosen.geocoder_key.get_secret_value() if chosen.geocoder_key else ""
    scheme, _, domain = (chosen.geocoder_url or "").partition("://")
    where: dict[str, Any] = {
        "timeout": chosen.geocoder_timeout_seconds,
        "user_agent": AGENT,
        # geopy's own would try thrice each time, unseen.
        "adapter_factory": partial(RequestsAdapter, max_retries=0),
    }
    if domain:
        where["scheme"] = scheme
    return _MAKERS[chosen.geocoder](where, domain.rstrip("/"), key, memory)


def _nominatim(where: dict[str, Any], domain: str, _key: str, memory: Memory | None) -> Geocoder:
    engine = Nominatim(**where, **({"domain": domain} if domain else {}))
    ask = partial(engine.geocode, exactly_one=False, limit=MOST)
    return GeopyGeocoder("nominatim", ask, uncertainty=_by_bounding_box, memory=memory)


def _arcgis(where: dict[str, Any], domain: str, _key: str, memory: Memory | None) -> Geocoder:
    engine = ArcGIS(**where, **({"domain": domain} if domain else {}))
    ask = partial(engine.geocode, exactly_one=False)
    return GeopyGeocoder("arcgis", ask, uncertainty=_by_extent, memory=memory)


def _amap(where: dict[str, Any], domain: str, key: str, memory: Memory | None) -> Geocoder:
    more: dict[str, Any] = {"domain": domain} if domain else {}
    engine = AMap(key, **where, **more)
    ask = partial(engine.geocode, exactly_one=False)
    return GeopyGeocoder("amap", ask, given="gcj02", uncertainty=_by_level, memory=memory)


def _baidu(where: dict[str, Any], domain: str, key: str, memory: Memory | None) -> Geocoder:
    engine = BaiduV3(key, **where)
    if domain:
        engine.api = f"{engine.scheme}://{domain}{engine.api_path}"
    return GeopyGeocoder(
        "baidu", engine.geocode, given="bd09", uncertainty=_by_confidence, memory=memory
    )


_MAKERS = {"nominatim": _nominatim, "arcgis": _arcgis, "amap": _amap, "baidu": _baidu}

_ROOFTOP_M, _FAR_M = 30.0, 20_000.0


def _half_diagonal(south: float, north: float, west: float, east: float) -> float:
    wide = (east - west) * math.cos(math.radians((south + north) / 2))
    metres = math.hypot(north - south, wide) * 111_195.0 / 2
    return min(_FAR_M, max(_ROOFTOP_M, metres))


def _by_bounding_box(raw: dict[str, Any]) -> float:
    """Nominatim: the box of what was found, as texts south, north, west, east."""
    box = raw.get("boundingbox")
    return _half_diagonal(*(float(one) for one in box)) if box else 500.0


def _by_extent(raw: dict[str, Any]) -> float:
    """ArcGIS: the extent of the candidate in degrees."""
    box = raw.get("extent")
    if not box:
        return 500.0
    return _half_diagonal(box["ymin"], box["ymax"], box["xmin"], box["xmax"])


_LEVELS = {
    "门牌号": 50.0,
    "兴趣点": 80.0,
    "单元号": 40.0,
    "楼栋": 40.0,
    "公交站台、地铁站": 150.0,
    "道路交叉路口": 100.0,
    "道路": 800.0,
    "住宅区": 250.0,
    "热点商圈": 800.0,
    "村庄": 800.0,
    "乡镇": 4000.0,
    "开发区": 3000.0,
    "区县": 10_000.0,
    "市": _FAR_M,
    "省": _FAR_M,
    "国家": _FAR_M,
}


def _by_level(raw: dict[str, Any]) -> float:
    """AMap says what kind of thing was matched."""
    return _LEVELS.get(str(raw.get("level")), 1000.0)


_CONFIDENCE = ((90, 30.0), (80, 100.0), (75, 200.0), (70, 300.0), (60, 500.0), (50, 1000.0))


def _by_confidence(raw: dict[str, Any]) -> float:
    """Baidu's confidence stands for an absolute error in its documentation."""
    sure = float(raw.get("confidence", 0))
    return next((metres for least, metres in _CONFIDENCE if sure >= least), 5000.0)


@lru_cache(maxsize=1)
def geocoder() -> Geocoder:
    """The geocoder of this process."""
    chosen = settings()
    memory = ValkeyMemory(chosen.redis_url) if chosen.redis_url else None
    return geocoder_of(chosen, memory)
