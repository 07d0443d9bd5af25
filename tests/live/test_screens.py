"""Real screens over real sockets: many people act at once, lines break, numbers are pruned."""

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from api.hub import Hub
from core import live
from core.clock import now
from core.db import session_factory
from tests.line import Line
from tests.office import Office
from tests.people import Person

ORDERS = 8
ACTS_EACH = 25


def same_as_fresh(person: Person, topic: str = "board") -> None:
    """A fresh snapshot, at the number that the screen has reached, is equal to the screen.

    Deliveries that are confirmed meanwhile move the number on: then look again.
    """
    screen = person.screen
    assert screen is not None
    for _ in range(50):
        fresh = person.get("/api/board" if topic == "board" else "/api/queue")
        person.wait(lambda now_, head=fresh["number"]: now_.number >= head)
        if screen.number == fresh["number"]:
            break
    assert screen.number == fresh["number"]
    assert screen.gaps == 0
    assert screen.rows["order"] == {row["id"]: row for row in fresh["orders"]}
    assert screen.rows["crew"] == {row["id"]: row for row in fresh["crews"]}


@pytest.fixture
def screens(own_office: Office) -> dict[str, Person]:
    found = {
        login: own_office.another(login)
        for login in ("supervisor", "east.desk", "west.desk", "east.crew1", "west.crew1")
    }
    for login, person in found.items():
        person.follow("queue" if "crew" in login else "board")
    return found


def life(office: Office, orders: list[str], seed: int) -> list[int]:
    """Somebody who does one thing after another, whether it fits or not. Gives the statuses."""
    dice = random.Random(seed)
    statuses = []
    for _ in range(ACTS_EACH):
        order_id, centre = dice.choice(orders), dice.choice(("east", "west"))
        act = dice.choice(
            ("release", "release", "accept", "dispatch", "dispatch", "recall", "crew")
        )
        path, body, login = f"/api/orders/{order_id}/{act}", None, f"{centre}.desk"
        if act in ("release", "recall"):
            login = "lead"
            body = {"centre_id": office.unit(centre)} if act == "release" else {"reason": "other"}
        elif act == "dispatch":
            body = {"crew_id": office.unit(f"{centre}-1")}
        elif act == "crew":
            login = f"{centre}.crew1"
            queue = office.person(login).get("/api/queue")["orders"]
            if not queue:
                continue
            step = dice.choice(("accept", "depart", "arrive", "finish", "return"))
            path = f"/api/assignments/{dice.choice(queue)['assignment']['id']}/{step}"
            body = {"reason": "other"} if step == "return" else None
            body = {} if step in ("depart", "arrive") else body
        statuses.append(office.person(login).try_post(path, body).status_code)
    return statuses


def test_screens_are_right_while_many_act_and_lines_break(
    own_office: Office, screens: dict[str, Person]
) -> None:
    orders = [own_office.filed()["id"] for _ in range(ORDERS)]
    for login in ("lead", "east.desk", "west.desk", "east.crew1", "west.crew1"):
        own_office.person(login)
    done = threading.Event()

    def restless(login: str) -> int:
        """A screen whose line breaks again and again; it comes back with its old number."""
        topic, times = ("queue" if "crew" in login else "board"), 0
        while not done.is_set():
            comes_back(own_office, screens[login], topic)
            times += 1
        return times

    with ThreadPoolExecutor(8) as pool:
        breaking = [pool.submit(restless, login) for login in ("west.desk", "west.crew1")]
        acting = [pool.submit(life, own_office, orders, seed) for seed in range(4)]
        statuses = [status for one in acting for status in one.result()]
        done.set()
        assert all(one.result() > 0 for one in breaking)
    assert set(statuses) <= {200, 404, 409}, sorted(set(statuses))
    assert statuses.count(200) >= 10
    for login, person in screens.items():
        same_as_fresh(person, "queue" if "crew" in login else "board")


def comes_back(office: Office, person: Person, topic: str) -> None:
    """Hang up, sleep through some deltas, and go on from the old number."""
    screen = person.screen
    assert screen is not None
    person.hang_up()
    person.resume(topic)
    wanted = person.get("/api/board" if topic == "board" else "/api/queue")["number"]
    person.wait(lambda now_: now_.number >= wanted)


def test_a_screen_that_slept_too_long_is_told_to_fetch_again(own_office: Office) -> None:
    lead = own_office.person("lead")
    old = lead.get("/api/board")["number"]
    own_office.filed()
    with session_factory()() as session:
        live.prune(session, now())
        session.commit()
    own_office.filed()
    with Line(own_office.url, own_office.starter.tokens["lead"]) as line:
        line.subscribe("board", old)
        assert line.until(lambda frame: frame["type"] in ("resync", "deltas"))["type"] == "resync"
        fresh = lead.get("/api/board")
        line.subscribe("board", fresh["number"])
        line.until(lambda frame: frame["type"] == "heartbeat" and frame["head"] >= fresh["number"])
        order = own_office.filed()
        line.until(lambda _frame: order["id"] in {item["key"] for item in line.items()})


def test_heartbeats_carry_the_head(own_office: Office) -> None:
    with Line(own_office.url, own_office.starter.tokens["lead"]) as line:
        line.subscribe("board", own_office.person("lead").get("/api/board")["number"])
        own_office.filed()
        head = own_office.person("lead").get("/api/board")["number"]
        beat = line.until(lambda frame: frame["type"] == "heartbeat" and frame["head"] >= head)
        numbers = [item["number"] for item in line.items()]
        assert numbers == list(range(beat["head"] - len(numbers) + 1, beat["head"] + 1))


def test_a_lost_wake_up_is_made_good(own_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deltas arrive although no NOTIFY was heard: the hub looks by itself."""

    async def deaf(_hub: Hub) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Hub, "_listen", deaf)
    break_listening()
    with Line(own_office.url, own_office.starter.tokens["lead"]) as line:
        line.subscribe("board", own_office.person("lead").get("/api/board")["number"])
        order = own_office.filed()
        line.until(lambda _frame: order["id"] in {item["key"] for item in line.items()})


def break_listening() -> None:
    """End the hub's listening connection; the next one is deaf."""
    with session_factory()() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'paidan-live' AND datname = current_database()"
            )
        )
        session.commit()
