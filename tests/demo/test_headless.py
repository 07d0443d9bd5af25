"""`paidan demo`: a Paidan of its own lives through some calls, is judged, verified and removed."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engines.owner import read_run_file
from tests.harness import ROOT


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files that the database's account can get through, its name short:
    a socket's path may have no more than about a hundred letters.
    """
    with tempfile.TemporaryDirectory(prefix="pd-") as name:
        found = Path(name)
        found.chmod(0o711)
        yield found


def demo(folder: Path, *words: str) -> "subprocess.Popen[str]":
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PAIDAN_")}
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli", "demo", *words],
        cwd=ROOT,
        env={**kept, "TMPDIR": str(folder), "COLUMNS": "160"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def ended(child: "subprocess.Popen[str]", seconds: float) -> str:
    """All that was said until the end. One that does not end is interrupted and told of."""
    try:
        return child.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
        pytest.fail(f"did not end in {seconds} s: {child.communicate(timeout=60)[0]}")


def left(folder: Path) -> list[Path]:
    return list(folder.glob("paidan-demo-*"))


@pytest.mark.timeout(900)
def test_a_few_calls_end_in_a_report_and_nothing_is_wrong(folder: Path) -> None:
    """Calls, tickets, orders, positions, receipts: all through the doors, all accounted for.

    All of this seed's callers report faults, minutes apart: a busy machine loses none of them.
    """
    child = demo(folder, *["--calls", "4", "--speed", "120", "--seed", "3", "--report"])
    said = ended(child, 800)
    assert child.returncode == 0, said
    calls, filed, closed = map(
        int, _found(r"(\d+) calls .*?(\d+) orders filed.*?(\d+) closed", said)
    )
    assert calls == 4
    assert 0 < filed == closed
    fixes, *_ = _found(r"(\d+) GPS fixes", said)
    assert int(fixes) > 50
    assert "Total until arrival" in said
    assert f"{filed} 工单 orders" in said
    assert "no findings" in said
    assert not left(folder)


def test_an_interrupt_ends_it_and_leaves_nothing(folder: Path) -> None:
    child = demo(folder, "--speed", "10")
    try:
        assert child.stdout is not None
        seen = next(line for line in child.stdout if "demo.supervisor" in line)
        assert "supervisor" in seen
    finally:
        child.send_signal(signal.SIGINT)
    said = ended(child, 300)
    assert child.returncode == 0, said
    assert not left(folder)


def test_a_paidan_that_ends_by_itself_ends_the_demonstration(folder: Path) -> None:
    child = demo(folder, "--speed", "10")
    assert child.stdout is not None
    next(line for line in child.stdout if "demo.supervisor" in line)
    (home,) = left(folder)
    found = read_run_file(home)
    assert found is not None
    os.kill(found.pid, signal.SIGTERM)
    said = ended(child, 300)
    assert child.returncode == 2, said
    assert "ended by itself" in said
    assert not left(folder)


def _found(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text, re.DOTALL)
    assert found, text
    return found.groups()
