"""What the simulated people decide: which crew, and whether a human is at work."""

import asyncio
from typing import Any

import pytest

from api.demo.book import Book, Case, human_seats
from api.demo.centre import LONGEST_QUEUE, choose_crew, shunned
from api.demo.plan import behaviour

Row = dict[str, Any]
METRES = {"near": 100.0, "far": 5_000.0, "other": 50.0}


def crew(id_: str, trade: str = "low_voltage", state: str = "free", queue: int = 0) -> Row:
    return {"id": id_, "trade": trade, "state": state, "queue": queue}


def chosen(crews: list[Row], waited_s: float = 0.0, urgency: int = 0, **more: Any) -> str | None:
    row = {"trade": more.get("trade", "low_voltage"), "urgency": urgency}
    return choose_crew(row, crews, METRES, waited_s=waited_s, shunned=more.get("shunned", set()))


def test_the_nearest_free_crew_of_the_trade() -> None:
    crews = [crew("far"), crew("near"), crew("other", "community_service")]
    assert chosen(crews) == "near"
    assert chosen(crews, shunned={"near"}) == "far"
    assert chosen(crews, trade="any") == "other"


def test_nobody_is_sent_who_is_away() -> None:
    assert chosen([crew("near", state="away")], waited_s=10_000) is None


def test_a_stand_in_only_after_a_while_or_in_danger() -> None:
    crews = [crew("near", state="busy"), crew("other", "community_service")]
    assert chosen(crews) is None
    assert chosen(crews, waited_s=60) == "other"
    assert chosen(crews, urgency=3) == "other"


def test_the_shortest_queue_when_waiting_helps_no_more() -> None:
    crews = [crew("near", state="busy", queue=1), crew("far", state="busy")]
    assert chosen(crews, waited_s=30) is None
    assert chosen(crews, waited_s=100) == "far"
    full = [crew("near", state="busy", queue=LONGEST_QUEUE)]
    assert chosen(full, waited_s=100) is None
    assert chosen(full, waited_s=1_000) == "near"


def hop(id_: str = "h1", accepted: str | None = None) -> Row:
    return {"id": id_, "received_at": None, "accepted_at": accepted}


def assignment(id_: str = "a1", state: str = "sent", **more: Any) -> Row:
    return {"id": id_, "crew_id": "crew", "state": state, "accepted_at": None} | more


def order(state: str, **more: Any) -> Row:
    return {"state": state, "centre_id": None, "hop": None, "assignment": None} | more


RELEASED = order("released", centre_id="centre", hop=hop())
ACCEPTED = order("accepted", centre_id="centre", hop=hop(accepted="t"))
SENT = ACCEPTED | {"state": "assigned", "assignment": assignment()}


@pytest.mark.parametrize(
    ("before", "after", "seats"),
    [
        (order("filed"), RELEASED, ["lead"]),
        (RELEASED, ACCEPTED, ["unit:centre"]),
        (RELEASED, order("returned", hop=hop()), ["unit:centre"]),
        (ACCEPTED, SENT, ["unit:centre"]),
        (SENT, ACCEPTED, ["unit:centre", "unit:crew"]),
        (SENT, SENT | {"assignment": assignment(state="active", accepted_at="t")}, ["unit:crew"]),
        (SENT, order("filed", hop=hop(accepted="t")), ["lead"]),
        (order("finished"), None, ["lead"]),
    ],
)
def test_an_act_that_nobody_of_ours_made_is_a_humans(
    before: Row, after: Row | None, seats: list[str]
) -> None:
    assert sorted(human_seats(before, after)) == seats


@pytest.mark.parametrize(
    "after",
    [
        SENT | {"hop": hop(accepted="t") | {"received_at": "t"}},
        SENT | {"assignment": assignment(received_at="t")},
        SENT | {"alerts": ["alarm"]},
    ],
)
def test_receipts_and_alarms_are_nobodys_act(after: Row) -> None:
    assert list(human_seats(SENT, after)) == []


def test_what_an_answer_of_ours_shows_is_ours() -> None:
    """Also when the screen shows it before the answer is here."""

    async def scenario() -> None:
        book = Book("1")
        mine = SENT | {"id": "o", "holder": {}}
        with book.acting("o"):
            early = asyncio.ensure_future(book.is_ours("o", mine))
            await asyncio.sleep(0)
            assert not early.done()
            book.note(mine)
        assert await early
        back = mine | {"holder": {"since": "later"}}
        assert not await book.is_ours("o", back), "it looked so before, but not since then"
        theirs = mine | {"assignment": assignment("a2")}
        assert not await book.is_ours("o", theirs)
        assert not await book.is_ours("o", None)
        book.note(mine | {"state": "closed"})
        assert await book.is_ours("o", None)

    asyncio.run(scenario())


def test_the_terminals_key_answers_once_and_what_follows_is_anybodys() -> None:
    async def scenario() -> None:
        book = Book("1", by_key={"a1"})
        sent = SENT | {"id": "o", "holder": {}}
        taken_back = ACCEPTED | {"id": "o", "holder": {}}
        assert not await book.is_ours("o", sent), "the key is not pressed yet"
        accepted = sent | {"assignment": assignment(state="accepted", accepted_at="t")}
        assert await book.is_ours("o", accepted)
        assert await book.is_ours("o", accepted), "the same row once more"
        finished = sent | {"assignment": assignment(state="finished", accepted_at="t")}
        assert not await book.is_ours("o", finished), "somebody finished it by hand"
        assert not await book.is_ours("o", taken_back)

    asyncio.run(scenario())


def test_a_closed_order_leaves_nothing_in_the_book() -> None:
    """The city runs for weeks."""

    async def scenario() -> Book:
        book = Book("1", leftovers={"o"})
        row = SENT | {"id": "o", "holder": {}}
        book.cases["o"] = Case("c", behaviour("1", "c", "no_power_home"))
        book.sent["o"] = ["crew"]
        with book.acting("o"):
            book.note(row)
        book.forget("o")
        return book

    assert asyncio.run(scenario()) == Book("1")


def test_gps_is_nobodys_act() -> None:
    active = SENT | {"assignment": assignment(state="active", accepted_at="t")}
    departed = SENT | {"assignment": assignment(state="departed", accepted_at="t")}
    assert list(human_seats(active, departed)) == []
    assert list(human_seats(None, departed)) == []


def test_an_order_that_every_crew_gave_back_is_sent_again() -> None:
    assert shunned(["a", "b"], {"a", "b", "c"}) == {"a", "b"}
    assert shunned(["a", "c", "b"], {"a", "b", "c"}) == {"b"}
    assert shunned([], {"a"}) == set()
