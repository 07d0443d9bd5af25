"""What processes of tests begin with: one original, and data of a first start to copy."""

import atexit
import os
import shutil
import subprocess
import threading
from functools import lru_cache
from pathlib import Path

from core.engines.home import known_home, remove_home
from tests.copies import Copy, Original
from tests.folders import new_data_folder

MAKE_SECONDS = 120.0
_ONE = threading.RLock()


@lru_cache(maxsize=1)
def _original() -> Original:
    made = Original()
    atexit.register(made.close)
    return made


def original() -> Original:
    """The one of this process."""
    with _ONE:
        return _original()


def begin(module: str, *words: str, log: Path | None = None, **settings: str) -> Copy:
    """A copy that runs `main(words)` of a module, in our environment with more `settings`.

    What it writes goes to `log`, else to where our errors go: pytest shows it with a failure.
    """
    more = {f"PAIDAN_{name.upper()}": text for name, text in settings.items()}
    output = log or Path(f"/proc/{os.getpid()}/fd/2")
    return original().start(words, {**os.environ, **more}, output, output, module)


@lru_cache(maxsize=1)
def _first_data() -> Path:
    folder = new_data_folder("paidan-first-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(remove_home, folder)
    kept = {key: text for key, text in os.environ.items() if not key.startswith("PAIDAN_")}
    log = folder / "first.log"
    environment = {**kept, "PAIDAN_DATA_DIR": str(folder)}
    copy = original().start(["migrate", "--first-data"], environment, log, log)
    if copy.wait(MAKE_SECONDS) != 0:
        raise AssertionError(f"no first data:\n{log.read_text()}")
    return folder


def fill(folder: Path) -> None:
    """Put the data of a first start, schema and starter organisation, into a new data folder.

    Its passwords are those of every other folder filled here.
    """
    with _ONE:
        first = _first_data()
    if not (first / "engines").is_dir():
        return  # its servers' files live elsewhere: this start makes its own
    subprocess.run(["cp", "-a", f"{first}/.", str(folder)], check=True)
    (folder / "first.log").unlink()
    words = folder / "engines.json"
    words.write_text(words.read_text().replace(str(first.resolve()), str(folder.resolve())))
    known = known_home(folder)
    assert known is not None
    assert Path(known[1].home) == folder.resolve() / "engines"
