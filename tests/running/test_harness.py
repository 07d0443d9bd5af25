"""What tests of a whole Paidan stand on: folders, copies of a process, data of a first start."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.copies import Copy
from tests.folders import new_data_folder, remove_left
from tests.harness import RunningPaidan
from tests.prepared import original


def begin(folder: Path, *words: str, **environment: str) -> Copy:
    """A copy that runs `paidan WORDS` with this environment and nothing else."""
    kept = {"PATH": os.environ["PATH"], **environment}
    return original().start(words, kept, folder / "output", folder / "errors")


def test_folders_of_processes_that_are_gone_are_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f"paidan-up-{gone.pid}-x1" / "engines").mkdir(parents=True)
    for name in (f"paidan-up-{os.getpid()}-x2", f"other-{gone.pid}-x3", "paidan-up-x4"):
        (tmp_path / name).mkdir()
    remove_left(tmp_path)
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {f"paidan-up-{os.getpid()}-x2", f"other-{gone.pid}-x3", "paidan-up-x4"}


def test_a_new_folder_is_removed_once_its_maker_is_gone() -> None:
    script = "from tests.folders import new_data_folder; print(new_data_folder('paidan-test-'))"
    made = subprocess.check_output([sys.executable, "-c", script], text=True)
    folder, own = Path(made.strip()), new_data_folder("paidan-test-")
    assert folder.is_dir()
    remove_left(folder.parent)
    assert not folder.exists()
    assert own.is_dir()
    own.rmdir()


def test_a_copy_writes_where_it_is_told_and_ends_with_its_own_code(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    copies = begin(good, "--help"), begin(bad, "no-such-command")
    assert [copy.wait(60) for copy in copies] == [0, 2]
    assert "verify" in (good / "output").read_text()
    assert (good / "errors").read_text() == ""
    assert "no-such-command" in (bad / "errors").read_text()


def test_a_copy_has_the_environment_that_it_is_given(tmp_path: Path) -> None:
    copy = begin(tmp_path, "verify", PAIDAN_PORT="never")
    assert copy.wait(60) != 0
    said = (tmp_path / "output").read_text() + (tmp_path / "errors").read_text()
    assert "PAIDAN_PORT" in said


def test_a_killed_copy_is_told_of(tmp_path: Path) -> None:
    with socket.socket() as listener:  # who connects waits for an answer that does not come
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"postgresql://paidan@127.0.0.1:{listener.getsockname()[1]}/paidan"
        waiting = begin(tmp_path, "verify", PAIDAN_DATABASE_URL=url)
        connection, _ = listener.accept()
        with connection:
            other = begin(tmp_path, "--help")
            assert other.wait(60) == 0
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(0.01)
            waiting.kill()
            assert waiting.wait(60) == -signal.SIGKILL


def test_first_data_is_copied_whole_and_each_copy_is_its_own() -> None:
    one, other = RunningPaidan(), RunningPaidan()
    try:
        for paidan in (one, other):
            words = json.loads((paidan.data_dir / "engines.json").read_text())
            assert words["home"] == str(paidan.data_dir.resolve() / "engines")
            assert (paidan.data_dir / "engines" / "postgres" / "PG_VERSION").is_file()
            assert not (paidan.data_dir / "first.log").exists()
        assert one.logins == other.logins
        assert {"agent", "lead", "admin"} <= set(one.logins)
    finally:
        one.clean()
        other.clean()
