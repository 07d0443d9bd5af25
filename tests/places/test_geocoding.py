"""Geocoders through geopy, against a server on loopback that speaks each provider's format."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from core.coordinates import convert
from core.settings import Settings
from dispatch.places import geocoding
from dispatch.places.geocoding import FAILURES, REST, Breaker, Found, NoGeocoder, geocoder_of
from gps.fix import distance_m
from tests.people import WAIT_S

HERE = (39.9087, 116.3975)
ADDRESS = "北京市东城区景山前街4号"


@dataclass
class Provider:
    """What it answers next: bodies in turn, the last one again and again; what it was asked."""

    answers: list[tuple[int, Any]]
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    heard: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    pause_s: float = 0.0
    url: str = ""


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    held = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            provider.asked.append((where.path, parse_qs(where.query)))
            provider.heard.release()
            if provider.pause_s:
                held.wait(provider.pause_s)
            status, body = (
                provider.answers.pop(0) if len(provider.answers) > 1 else provider.answers[0]
            )
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                return

        def log_message(self, *_args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        provider.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield provider
        finally:
            held.set()
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def chosen(name: str, provider: Provider, **more: Any) -> Settings:
    return Settings(
        geocoder=name, geocoder_url=provider.url, geocoder_key=SecretStr("a-key"), **more
    )


class Shelf:
    """A memory that a test can look into."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.kept.get(key)

    def put(self, key: str, value: str) -> None:
        self.kept[key] = value


NOMINATIM = [
    {
        "lat": str(HERE[0]),
        "lon": str(HERE[1]),
        "display_name": ADDRESS,
        "boundingbox": ["39.9082", "39.9092", "116.3969", "116.3981"],
    }
]
ARCGIS = {
    "candidates": [
        {
            "address": ADDRESS,
            "location": {"x": HERE[1], "y": HERE[0]},
            "score": 98,
            "extent": {"xmin": 116.3965, "ymin": 39.9077, "xmax": 116.3985, "ymax": 39.9097},
        }
    ]
}
_GCJ = convert(*HERE, given="wgs84", wanted="gcj02")
AMAP = {
    "status": "1",
    "infocode": "10000",
    "geocodes": [
        {"formatted_address": ADDRESS, "location": f"{_GCJ[1]},{_GCJ[0]}", "level": "门牌号"}
    ],
}
_BD = convert(*_GCJ, given="gcj02", wanted="bd09")
BAIDU = {
    "status": 0,
    "result": {
        "location": {"lat": _BD[0], "lng": _BD[1]},
        "precise": 1,
        "confidence": 80,
        "level": "门址",
    },
}
ANSWERS = {"nominatim": NOMINATIM, "arcgis": ARCGIS, "amap": AMAP, "baidu": BAIDU}
ASKED = {
    "nominatim": ("/search", "q"),
    "arcgis": ("/arcgis/rest/services/World/GeocodeServer/findAddressCandidates", "singleLine"),
    "amap": ("/v3/geocode/geo", "address"),
    "baidu": ("/geocoding/v3/", "address"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_each_provider_is_asked_in_its_way_and_answers_in_wgs84(name: str) -> None:
    with serving(Provider([(200, ANSWERS[name])])) as provider:
        [found] = geocoder_of(chosen(name, provider)).find(ADDRESS)
    [(path, query)] = provider.asked
    wanted, word = ASKED[name]
    assert path == wanted
    assert query[word] == [ADDRESS]
    assert distance_m(found.lat, found.lon, *HERE) < 1.0
    assert 20 < found.uncertainty_m < 200


@pytest.mark.parametrize(
    ("name", "nothing"),
    [
        ("nominatim", []),
        ("arcgis", {"candidates": []}),
        ("amap", {"status": "1", "infocode": "10000", "geocodes": []}),
        ("baidu", {"status": 0, "result": None}),
    ],
)
def test_a_place_that_it_does_not_know_is_no_failure(name: str, nothing: Any) -> None:
    shelf = Shelf()
    with serving(Provider([(200, nothing)])) as provider:
        asks = geocoder_of(chosen(name, provider), shelf)
        assert list(asks.find("nowhere")) == []
        assert list(asks.find("nowhere")) == []
    assert len(provider.asked) == 1
    assert list(shelf.kept.values()) == ["[]"]


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("amap", {"status": "0", "infocode": "10001", "info": "INVALID_USER_KEY"}),
        ("amap", {"status": "0", "infocode": "10003", "info": "DAILY_QUERY_OVER_LIMIT"}),
        ("baidu", {"status": 3, "message": "no"}),
    ],
)
def test_a_refusal_is_not_asked_again_at_once_and_not_kept(name: str, refusal: Any) -> None:
    shelf = Shelf()
    with serving(Provider([(200, refusal)])) as provider:
        assert list(geocoder_of(chosen(name, provider), shelf).find(ADDRESS)) == []
    assert len(provider.asked) == 1
    assert shelf.kept == {}


def test_a_stumble_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Provider([(503, {}), (200, NOMINATIM)])) as provider:
        assert len(geocoder_of(chosen("nominatim", provider)).find(ADDRESS)) == 1
    assert len(provider.asked) == 2


def test_an_answer_is_kept_without_the_words() -> None:
    shelf = Shelf()
    with serving(Provider([(200, NOMINATIM)])) as provider:
        asks = geocoder_of(chosen("nominatim", provider), shelf)
        first = asks.find(ADDRESS)
        assert list(asks.find(ADDRESS)) == list(first)
    assert len(provider.asked) == 1
    assert all(ADDRESS not in key for key in shelf.kept)


def test_a_slow_one_costs_its_time_and_no_more() -> None:
    """Its answer comes when this test is over."""
    with serving(Provider([(200, NOMINATIM)], pause_s=600)) as provider:
        asks = geocoder_of(chosen("nominatim", provider, geocoder_timeout_seconds=0.2))
        assert list(asks.find(ADDRESS)) == []
        assert all(provider.heard.acquire(timeout=WAIT_S) for _ in range(geocoding.TRIES))
    assert len(provider.asked) == geocoding.TRIES


def test_one_that_keeps_failing_is_left_alone_for_a_while() -> None:
    time = [datetime.now(UTC)]
    with serving(Provider([(500, {})])) as provider:
        asks = geocoder_of(chosen("nominatim", provider))
        asks._clock = lambda: time[0]  # type: ignore[attr-defined]
        for number in range(FAILURES + 5):
            assert list(asks.find(f"{ADDRESS} {number}")) == []
        asked = len(provider.asked)
        assert asked <= FAILURES * geocoding.TRIES
        provider.answers = [(200, NOMINATIM)]
        assert list(asks.find(ADDRESS)) == []
        time[0] += REST
        assert len(asks.find(ADDRESS)) == 1
        assert len(asks.find(f"{ADDRESS} 号")) == 1


def test_the_first_question_after_a_rest_decides() -> None:
    breaker, start = Breaker(), datetime.now(UTC)
    for _ in range(FAILURES):
        assert breaker.lets(start)
        breaker.told(start, worked=False)
    assert not breaker.lets(start + REST / 2)
    assert breaker.lets(start + REST)
    breaker.told(start + REST, worked=False)
    assert not breaker.lets(start + REST + REST / 2)
    breaker.told(start + REST * 3, worked=True)
    assert breaker.lets(start + REST * 3)


def test_without_a_geocoder_nobody_is_asked() -> None:
    assert isinstance(geocoder_of(Settings(geocoder="none")), NoGeocoder)
    assert list(NoGeocoder().find(ADDRESS)) == []


def test_nobody_waits_for_a_full_line() -> None:
    free = threading.Event()
    busy = [threading.Event() for _ in range(geocoding.AT_ONCE)]

    def slow(text: str) -> None:
        busy[int(text)].set()
        free.wait(WAIT_S)

    asks = geocoding.GeopyGeocoder("slow", slow, uncertainty=lambda _raw: 1.0)
    threads = [
        threading.Thread(target=asks.find, args=(str(number),))
        for number in range(geocoding.AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    assert all(one.wait(WAIT_S) for one in busy)
    assert list(asks.find("0")) == []
    free.set()
    for thread in threads:
        thread.join()


def test_what_is_kept_reads_back_the_same() -> None:
    found = Found(39.9, 116.4, 50.0, ADDRESS)
    shelf = Shelf()
    shelf.kept = {}
    with serving(Provider([(200, ANSWERS["amap"])])) as provider:
        asks = geocoder_of(chosen("amap", provider), shelf)
        first = asks.find(ADDRESS)
        second = asks.find(ADDRESS)
    assert [round(one.lat, 6) for one in first] == [round(one.lat, 6) for one in second]
    assert found.label == second[0].label
