"""A desk is open while a page of its unit is connected; closed, it answers for what waits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from api import presence
from api.verify import verify
from core.clock import monotonic, real_now
from core.db import read_session, session_factory
from core.engines import EngineUrls
from core.models import Event
from dispatch.desks.models import DeskLease
from dispatch.routing.models import RoutingSettings
from dispatch.starter import ORG_ID
from tests.copies import COMMAND, Copy
from tests.harness import free_port_pair
from tests.line import Line
from tests.office import Office, Starter, open_office, query, unit_id
from tests.people import WAIT_S
from tests.prepared import begin

GRACE = 0.4
LEASE = 5.0


class Wall:
    """The clock by which presence judges what is short. It can stand still for a while, so that
    no machine is too slow for the grace.
    """

    def __init__(self) -> None:
        self._stopped: datetime | None = None
        self._behind = timedelta()
        self._reads = 0
        self._read = threading.Condition()

    def __call__(self) -> datetime:
        with self._read:
            self._reads += 1
            self._read.notify_all()
        return self._stopped or real_now() - self._behind

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It goes on where it stood."""
        self._stopped = self()
        yield
        self._behind = real_now() - self._stopped
        self._stopped = None

    def looked_at(self) -> None:
        """Wait until presence has been looked at; whoever comes or goes reads the clock as well."""
        with self._read:
            enough = self._reads + 6
            assert self._read.wait_for(lambda: self._reads >= enough, WAIT_S)


WALL = Wall()


@pytest.fixture(scope="module")
def office(
    engines: EngineUrls, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """An office that looks often, in which a desk is closed quickly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presence, "LOOK_S", 0.1)
        patch.setattr(presence, "real_now", WALL)
        folder = tmp_path_factory.mktemp("office")
        with open_office(engines, starter, folder, desk_lease_seconds=str(LEASE)) as opened:
            with session_factory()() as session:
                session.execute(update(RoutingSettings).values(desk_grace_s=GRACE))
                session.commit()
            yield opened


class Watch:
    """The lead's board, on which desks are seen to open and close."""

    def __init__(self, office: Office, line: Line, centre: str) -> None:
        self.office, self.line, self.centre = office, line, office.unit(centre)
        number = office.person("lead").get("/api/board")["number"]
        line.subscribe("board", number)
        line.until(lambda frame: frame["type"] == "heartbeat")

    def now(self) -> dict[str, Any] | None:
        rows = self.office.person("lead").get("/api/board")["centres"]
        found: dict[str, Any] | None = next(r for r in rows if r["id"] == self.centre)["desk"]
        return found

    def until(self, *, is_open: bool) -> dict[str, Any]:
        """The desk's row as soon as it is so."""

        def so(item: dict[str, Any]) -> bool:
            mine = (item["entity"], item["key"]) == ("centre", self.centre)
            return mine and item["value"]["desk"]["open"] is is_open

        frame = self.line.until(lambda one: one["type"] == "deltas" and any(map(so, one["items"])))
        found: dict[str, Any] = next(filter(so, frame["items"]))["value"]["desk"]
        return found

    def settled(self, *, is_open: bool) -> dict[str, Any]:
        """The same, where it may have been so before."""
        desk = self.now()
        return desk if desk and desk["open"] is is_open else self.until(is_open=is_open)


@contextmanager
def seated(office: Office, login: str, url: str = "") -> Iterator[Line]:
    with Line(url or office.url, office.starter.tokens[login]) as line:
        line.subscribe("queue" if "crew" in login else "board")
        line.until(lambda frame: frame["type"] == "heartbeat")
        yield line


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def watching(office: Office, stack: ExitStack) -> Callable[[str], Watch]:
    def watch(centre: str) -> Watch:
        line = stack.enter_context(Line(office.url, office.starter.tokens["lead"]))
        return Watch(office, line, centre)

    return watch


def facts(centre: str) -> list[Event]:
    wanted = select(Event).where(Event.stream == "desk", Event.stream_id == unit_id(centre))
    return query(lambda session: list(session.scalars(wanted.order_by(Event.seq))))


def test_a_desk_opens_with_its_first_page_and_closes_with_its_last(
    office: Office, watching: Callable[[str], Watch]
) -> None:
    watch = watching("east")
    assert watch.settled(is_open=False)["on_duty"] is True, "nobody was there at the first look"
    assert facts("east")[0].payload["cause"] == "absent"
    with seated(office, "east.desk"):
        opened = watch.until(is_open=True)
        assert opened["on_duty"] is None, "of an open desk nobody asks"
        with seated(office, "east.desk2"):
            pass
        assert watch.now() == opened, "one page is still there"
        before = real_now()
    closed = watch.until(is_open=False)
    (*_, last) = facts("east")
    assert (last.payload["cause"], last.source) == ("left", "presence")
    assert before <= last.occurred_at <= last.recorded_at - timedelta(seconds=GRACE)
    assert datetime.fromisoformat(closed["since"]) == last.occurred_at


def test_a_page_that_vanishes_is_told_apart_from_one_that_is_closed(
    office: Office, watching: Callable[[str], Watch]
) -> None:
    watch = watching("west")
    with seated(office, "west.desk") as line:
        watch.settled(is_open=True)
        line.socket.socket.shutdown(SHUT_RDWR)  # the cable is pulled
        watch.until(is_open=False)
    assert facts("west")[-1].payload["cause"] == "lost"


def test_connections_that_come_and_go_at_once_do_not_count(
    office: Office, watching: Callable[[str], Watch]
) -> None:
    watch = watching("south")
    watch.settled(is_open=False)
    before = len(facts("south"))
    with ExitStack() as sitting:
        with WALL.stopped():
            for _ in range(5):
                with seated(office, "south.desk"):
                    WALL.looked_at()
            assert len(facts("south")) == before
            sitting.enter_context(seated(office, "south.desk"))
        watch.until(is_open=True)
        for _ in range(3):
            with seated(office, "south.desk"):
                pass
    watch.until(is_open=False)
    assert len(facts("south")) == before + 2


def test_a_reload_of_the_page_does_not_close_the_desk(
    office: Office, watching: Callable[[str], Watch]
) -> None:
    watch = watching("south")
    with ExitStack() as before, ExitStack() as after:
        before.enter_context(seated(office, "south.desk"))
        watch.settled(is_open=True)
        count = len(facts("south"))
        with WALL.stopped():
            before.close()
            WALL.looked_at()
            after.enter_context(seated(office, "south.desk"))
        office.person("south.desk").get("/api/me")
        watch.line.ping()
        assert watch.now() == {**(watch.now() or {}), "open": True}
    watch.until(is_open=False)
    assert len(facts("south")) == count + 1


def test_the_death_of_a_process_closes_within_the_lease(
    office: Office, watching: Callable[[str], Watch], tmp_path: Path
) -> None:
    """A second API process is killed: its desk is closed by the other one, not dated back."""
    with other_process(tmp_path) as (child, url):
        watch = watching("west")  # not before: nobody reads its frames while the other one starts
        watch.settled(is_open=False)
        with seated(office, "west.desk", url):
            opened = watch.until(is_open=True)
            held_until = lease("west")
            assert held_until <= real_now() + timedelta(seconds=LEASE)
            child.kill()
            closed = watch.until(is_open=False)
    (*_, last) = facts("west")
    assert last.payload["cause"] == "expired"
    assert last.recorded_at >= held_until
    assert closed["since"] > opened["since"]


def lease(centre: str) -> datetime:
    """When the longest lease of a desk ends, unless it is renewed."""
    wanted = select(func.max(DeskLease.until)).where(DeskLease.unit_id == unit_id(centre))
    return query(lambda session: session.execute(wanted).scalar_one())


@contextmanager
def other_process(folder: Path) -> Iterator[tuple[Copy, str]]:
    port = free_port_pair()
    settings = {"port": str(port), "desk_lease_seconds": str(LEASE)}
    url, log = f"http://127.0.0.1:{port}", folder / "api.log"
    with begin(COMMAND, "api", log=log, **settings) as child:
        until = monotonic() + 150
        while not _ready(url):
            assert child.poll() is None, log.read_text()[-3000:]
            assert monotonic() < until, log.read_text()[-3000:]
        yield child, url


def _ready(url: str) -> bool:
    with httpx.Client(trust_env=False, timeout=5) as client:
        try:
            return client.get(f"{url}/health/live").status_code == 200
        except httpx.HTTPError:
            return False


def test_an_order_that_waits_for_a_closed_desk_is_the_desks_time(
    office: Office, watching: Callable[[str], Watch], stack: ExitStack
) -> None:
    watch = watching("east")
    watch.settled(is_open=False)
    order = office.released("east")
    assert order["running"]["segment"] == "desk_closed"
    assert (order["running"]["responsible"], order["running"]["unit_id"]) == (
        "centre",
        office.unit("east"),
    )
    assert order["holder"]["code"] == "centre"
    line = stack.enter_context(seated(office, "east.desk"))
    told = line.until(lambda one: one["type"] == "deliver" and one["order_id"] == order["id"])
    line.say(type="receipt", receipt_id=told["receipt_id"])
    line.until(lambda one: one["type"] == "receipt_ok")
    watch.until(is_open=True)
    office.turn()
    page = office.person("lead").get(f"/api/orders/{order['id']}")
    (transit,) = [one for one in page["segments"] if one["code"] == "BC"]
    b, c = (datetime.fromisoformat(page["order"]["points"][point]) for point in "BC")
    assert transit["excluded_s"] > 0
    assert transit["spent_s"] + transit["excluded_s"] == pytest.approx((c - b).total_seconds())
    (lost,) = page["order"]["lost"]
    assert (lost["kind"], lost["responsible"], lost["unit_id"]) == (
        "desk_closed",
        "centre",
        office.unit("east"),
    )
    assert lost["spent_s"] == pytest.approx(transit["excluded_s"])
    with read_session() as session:
        assert list(verify(session, ORG_ID)) == []


def test_a_phone_that_loses_its_signal_closes_nothing(office: Office, stack: ExitStack) -> None:
    with seated(office, "east.crew1") as line:
        line.socket.socket.shutdown(SHUT_RDWR)
    with seated(office, "east.crew2"):
        pass
    phones = [one.payload["cause"] for one in facts("east-1") if one.type == "desk.closed"]
    assert phones == []
