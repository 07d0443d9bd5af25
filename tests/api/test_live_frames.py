"""Bad frames on the live connection: it answers and survives, or closes cleanly."""

import json
import uuid
from typing import Any

import pytest

from tests.line import Line
from tests.office import Office


@pytest.fixture
def line(office: Office) -> Any:
    with Line(office.url, office.starter.tokens["lead"]) as opened:
        yield opened


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "[]",
        "null",
        "7",
        '"text"',
        '{"type": ',
        "{}" * 3_000,
        "[" * 4_000,
        '{"type":"ping","x":' + "[" * 4_000,
        '{"type":"ping","x":' + "9" * 4_050 + "}",
        "\x00",
        "x" * 60_000,
    ],
    ids=lambda frame: repr(frame[:20]),
)
def test_a_frame_that_is_no_object_is_answered(line: Line, frame: str) -> None:
    line.socket.send(frame)
    answer = line.until(lambda one: one["type"] in ("error", "pong"))
    assert answer["type"] == "pong" or answer["code"] == "bad_message"
    line.ping()


def test_a_binary_frame_is_answered(line: Line) -> None:
    line.socket.send(b"\x00\x01\x02")
    assert line.until(lambda one: one["type"] == "error")["code"] == "bad_message"
    line.ping()


def test_a_huge_frame_closes_the_connection_with_its_reason(line: Line) -> None:
    line.socket.send("x" * 200_000)
    assert line.closed() == 1009


def test_text_that_is_not_utf_8_closes_the_connection_with_its_reason(line: Line) -> None:
    line.socket.send(b"\xff\xfe", text=True)
    assert line.closed() == 1007


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        ({}, "unknown_type", "type"),
        ({"type": 7}, "unknown_type", "type"),
        ({"type": ["subscribe"]}, "unknown_type", "type"),
        ({"type": "shout"}, "unknown_type", "type"),
        ({"type": "subscribe"}, "unknown_topic", "topic"),
        ({"type": "subscribe", "topic": "board:all", "from": 0}, "unknown_topic", "topic"),
        ({"type": "subscribe", "topic": {"a": 1}, "from": 0}, "unknown_topic", "topic"),
        ({"type": "subscribe", "topic": "board"}, "invalid_field", "from"),
        ({"type": "subscribe", "topic": "board", "from": -1}, "invalid_field", "from"),
        ({"type": "subscribe", "topic": "board", "from": True}, "invalid_field", "from"),
        ({"type": "subscribe", "topic": "board", "from": "0"}, "invalid_field", "from"),
        ({"type": "subscribe", "topic": "board", "from": 1.5}, "invalid_field", "from"),
        ({"type": "receipt"}, "invalid_field", "receipt_id"),
        ({"type": "receipt", "receipt_id": "x"}, "invalid_field", "receipt_id"),
        ({"type": "receipt", "receipt_id": [1]}, "invalid_field", "receipt_id"),
    ],
)
def test_a_wrong_message_names_the_field(
    line: Line, message: dict[str, Any], code: str, field: str
) -> None:
    line.say(**message)
    answer = line.until(lambda one: one["type"] == "error")
    assert (answer["code"], answer["field"]) == (code, field)
    line.ping()


@pytest.mark.parametrize("number", [10**6, 2**63, 10**40])
def test_a_number_from_the_future_means_fetch_again(line: Line, number: int) -> None:
    line.subscribe("board", number)
    assert line.until(lambda one: one["type"] == "resync")["topic"] == "board"
    line.ping()


def test_an_unknown_receipt_is_told_so(office: Office) -> None:
    with Line(office.url, office.starter.tokens["east.desk"]) as line:
        line.say(type="receipt", receipt_id=str(uuid.uuid4()))
        assert line.until(lambda one: one["type"] == "error")["code"] == "not_found"
        line.ping()


def test_vanishing_in_the_middle_harms_nobody(office: Office) -> None:
    """Lines that break without a goodbye, some in the middle of a frame."""
    with Line(office.url, office.starter.tokens["lead"]) as stays:
        stays.subscribe("board")
        for whole in (True, False):
            with Line(office.url, office.starter.tokens["supervisor"]) as line:
                line.subscribe("board")
                if not whole:
                    line.socket.socket.sendall(b"\x81\xfe\x00")
                line.socket.socket.close()
        order = office.filed()
        stays.until(lambda _one: order["id"] in {item["key"] for item in stays.items()})


def test_the_same_topic_twice_is_one(office: Office) -> None:
    with Line(office.url, office.starter.tokens["lead"]) as line:
        head = office.person("lead").get("/api/board")["number"]
        for _ in range(2):
            line.subscribe("board", head)
            line.until(lambda one: one["type"] == "heartbeat")
        order = office.filed()
        line.until(lambda _one: order["id"] in {item["key"] for item in line.items()})
        line.ping()
        numbers = [item["number"] for item in line.items()]
        assert len(numbers) == len(set(numbers))
        assert json.dumps(order, sort_keys=True) in {
            json.dumps(item["value"], sort_keys=True) for item in line.items()
        }
