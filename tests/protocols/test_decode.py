"""`paidan gps decode` as a fleet engineer runs it, and what it makes of its lines."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gps.decode import bytes_of, decoded, request_of
from gps.jt808.framing import build_message
from gps.jt808.uplink import STATUS_POSITIONED, Location, build_location
from gps.protocols.registry import PROTOCOLS
from gps.protocols.seam import (
    Conversation,
    Delimited,
    Malformed,
    Message,
    Position,
    Request,
    Web,
    Wire,
)
from tests.folders import data_folder
from tests.harness import ROOT

AT = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
PLACE = Location(0, STATUS_POSITIONED, 31.2304, 121.4737, 12, 36.5, 90, AT)
POSITION = build_message(0x0200, build_location(PLACE), terminal="013800138000", serial=1)[0].hex()
HEARTBEAT = build_message(2, b"", terminal="013800138000", serial=2)[0].hex()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with data_folder() as path:
        yield path


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {key: text for key, text in os.environ.items() if not key.startswith("PAIDAN_")}
    return {**kept, "PAIDAN_DATA_DIR": str(folder), **more}


def words(*more: str) -> list[str]:
    return [sys.executable, "-m", "api.cli", "gps", *more]


def run(
    *more: str, folder: Path, told: bytes = b"", **settings: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        words(*more),
        cwd=ROOT,
        env=environment(folder, **settings),
        input=told,
        capture_output=True,
        timeout=120,
        check=False,
    )


def hear_interrupts() -> None:
    """A shell starts what runs in its background deaf to them, and children stay so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def running(*more: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        words(*more),
        cwd=ROOT,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_interrupts,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def rows(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=pytest.fail) for line in output.splitlines()]


def test_a_line_of_hex_is_a_line_of_json(folder: Path) -> None:
    lines = f"\ufeff{POSITION}\r\n\n{HEARTBEAT.upper()}\nnot hex\ndeadbeef\n7e0002\n".encode()
    done = run("decode", "jt808", folder=folder, told=lines, LC_ALL="C", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, b"")
    first, *others = rows(done.stdout)
    assert first == {
        "line": 1,
        "device": "13800138000",
        "positions": [
            {
                "time": "2026-03-01T04:05:06Z",
                "valid": True,
                "latitude": 31.2304,
                "longitude": 121.4737,
                "altitude_m": 12.0,
                "speed_kmh": 36.5,
                "course": 90.0,
                "attributes": {"ignition": False},
            }
        ],
        "response_hex": first["response_hex"],
        "error": None,
    }
    assert [(one["line"], one["error"]) for one in others] == [
        (3, None),
        (4, "not hexadecimal"),
        (5, "no message"),
        (6, "cut off"),
    ]
    assert list(folder.iterdir()) == []


def test_a_file_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "messages").write_text(POSITION)
    done = run("decode", "JT808", str(tmp_path / "messages"), folder=folder)
    assert done.returncode == 0
    assert len(rows(done.stdout)) == 1


@pytest.mark.parametrize(("more", "said"), [
    (("decode", "morse"), "PROTOCOL: 'morse'; one of "),
    (("decode", "jt808", "/no/such/file"), "FILE: "),
    (("decode", "jt808", "/"), "FILE: "),
    (("decode",), "Missing argument"),
])  # fmt: skip
def test_what_cannot_be_done_is_named(folder: Path, more: tuple[str, ...], said: str) -> None:
    done = run(*more, folder=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_help_says_what_both_do(folder: Path) -> None:
    done = run("--help", folder=folder)
    assert done.returncode == 0
    assert "gateway" in done.stdout.decode()
    assert "decode" in done.stdout.decode()
    names = run("decode", "--help", folder=folder, COLUMNS="200").stdout.decode()
    assert all(one in names for one in PROTOCOLS)


def test_each_line_comes_out_while_the_next_is_awaited(folder: Path) -> None:
    with running("decode", "jt808", folder=folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2, 3):
            process.stdin.write(f"{POSITION}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["line"] == number
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_who_has_seen_enough_may_go(folder: Path) -> None:
    with running("decode", "jt808", folder=folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(f"{POSITION}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(f"{POSITION}\n".encode() * 100)
        process.stdin.close()
        assert (process.wait(60), process.stderr.read()) == (0, b"")


def test_words_that_are_no_utf8_stay_bytes(folder: Path) -> None:
    done = run("decode", "gps103", folder=folder, told=b"\xff\xfe\xe5;\nimei:1\r2,\xbd;\n")
    assert done.returncode == 0
    assert [one["line"] for one in rows(done.stdout)] == [1, 2]


def echo(frame: bytes, _conversation: Conversation) -> Message:
    if frame.startswith(b"!"):
        raise Malformed("refused", b"no")
    numbers = {"nan": float("nan"), "far": float("inf"), "text": frame.decode("latin-1")}
    return Message("echo", "1", (Position(None, False, 1.0, 2.0, attributes=numbers),), b"ok")


ECHO = Wire("echo", "Echo", 0, True, lambda: Delimited(b";"), echo)


def test_json_has_no_words_for_what_is_no_number() -> None:
    (one,) = decoded(ECHO, ["a;"], Conversation(lambda: AT))
    assert one["positions"][0]["attributes"] == {"nan": None, "far": None, "text": "a"}
    json.dumps(one, allow_nan=False)


def test_what_is_broken_costs_its_neighbours_nothing() -> None:
    (one,) = decoded(ECHO, ["a;!;b;\n"], Conversation(lambda: AT))
    assert [row["attributes"]["text"] for row in one["positions"]] == ["a", "b"]
    assert bytes.fromhex(one["response_hex"]) == b"oknook"
    assert one["error"] == "refused"


def test_the_bytes_of_a_line() -> None:
    assert bytes_of("7e 00 7E", text=False) == b"\x7e\x00\x7e"
    assert bytes_of("696d65693a31", text=True) == b"imei:1"
    assert bytes_of("865472030001230", text=True) == b"865472030001230"
    assert bytes_of("imei:\udcff", text=True) == b"imei:\xff"
    assert bytes_of("\ud800", text=True) == b"?"


def test_a_request_is_read() -> None:
    told = {"method": "post", "uri": "/?id=车\ud800", "headers": {"A-B": 1}, "body": {"a": [1]}}
    found = request_of(json.dumps(told))
    assert (found.method, found.headers, found.body) == ("POST", {"a-b": "1"}, b'{"a": [1]}')
    assert found.uri.isascii()


@pytest.mark.parametrize("line", ["", "[]", "{", '{"headers": [1]}', "[" * 100_000, '"a"'])
def test_what_is_no_request_is_named(line: str) -> None:
    with pytest.raises(Malformed):
        request_of(line)


def test_a_protocol_over_http_answers_an_empty_body() -> None:
    def read(request: Request, _conversation: Conversation) -> Message:
        return Message("got", request.uri)

    web = Web("web", "Web", 0, read)
    one, other = decoded(web, ['{"uri": "/a"}', "no"], Conversation(lambda: AT))
    assert (one["device"], one["response_hex"], one["error"]) == ("/a", "", None)
    assert (other["response_hex"], str(other["error"])[:9]) == (None, "not JSON:")
