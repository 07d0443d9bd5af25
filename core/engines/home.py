"""Where embedded servers live, under which account, with which passwords.

Normally `<data dir>/engines`. A data directory that the unprivileged account of a root
installation cannot reach gets its servers' files below `/var/lib/paidan` instead;
`<data dir>/engines.json` says where. Nothing that is not ours is opened up for it.
"""

import hashlib
import json
import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from core.engines.binaries import Binaries, for_other_account, installed, reachable
from core.engines.errors import EnginesUnavailable
from core.engines.processes import Account

SYSTEM_STORE = Path("/var/lib/paidan")
ACCOUNTS = ("postgres", "nobody")
# A socket's whole path may have 107 bytes (sun_path, unix(7)); PostgreSQL makes a lock beside it.
_SOCKET_NAME = ".s.PGSQL.5432.lock"
_PATH_LIMIT = 107


@dataclass(frozen=True, slots=True)
class Secrets:
    """What `engines.json` keeps: place of the files and the three passwords."""

    home: str
    superuser: str
    database: str
    redis: str


@dataclass(frozen=True, slots=True)
class Home:
    """Everything that starting the servers needs to know."""

    path: Path
    sockets: Path
    account: Account
    binaries: Binaries
    secrets: Secrets

    @property
    def postgres_data(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey_data(self) -> Path:
        return self.path / "valkey"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "valkey.sock"


def make_private(folder: Path, *, mode: int = 0o700) -> None:
    """Make a folder of ours; what exists already keeps its permissions."""
    if not folder.exists():
        folder.mkdir(mode=mode, parents=True)
        folder.chmod(mode)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    work = path.with_name(f".{path.name}.{os.getpid()}")
    work.touch(mode=0o600)
    work.write_text(text)
    work.replace(path)


def open_home(data_dir: Path) -> Home:
    """Find or make the place of the servers of `data_dir`. Call with the owner's lock held."""
    data_dir = data_dir.resolve()
    account, binaries = _account_and_binaries()
    kept = _read(data_dir) or _choose(data_dir, account)
    path = Path(kept.home)
    if not path.parent.exists():
        path.parent.mkdir(mode=0o755, parents=True)
    home = Home(path, _socket_folder(path), account, binaries, kept)
    # Ours, so that the servers' account cannot lay out links for root to write through.
    make_private(home.path, mode=0o711 if account.other else 0o700)
    make_private(home.logs)
    for folder in (home.sockets, home.valkey_data):
        make_private(folder)
        account.give(folder)
    _check_private(home.sockets, account)
    return home


def _check_private(folder: Path, account: Account) -> None:
    """Refuse a socket folder that somebody else may have laid out for us in a shared place."""
    state = folder.lstat()
    ours = state.st_uid == (account.uid if account.other else os.geteuid())
    if folder.is_symlink() or state.st_mode & 0o077 or not ours:
        raise EnginesUnavailable(why=f"{folder} is not private to us")


def known_home(data_dir: Path) -> tuple[Path, Secrets] | None:
    """Socket folder and passwords of servers that another process may be running."""
    kept = _read(data_dir.resolve())
    return None if kept is None else (_socket_folder(Path(kept.home)), kept)


def remove_home(data_dir: Path) -> None:
    """Delete the servers' files of a data directory for good (tests, benchmarks)."""
    kept = _read(data_dir.resolve())
    if kept is not None:
        shutil.rmtree(_socket_folder(Path(kept.home)), ignore_errors=True)
        shutil.rmtree(kept.home, ignore_errors=True)


def _account_and_binaries() -> tuple[Account, Binaries]:
    if os.geteuid() != 0:
        return Account(), installed()
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid), for_other_account(SYSTEM_STORE)
    raise EnginesUnavailable(why="root cannot run PostgreSQL, and there is no account for it")


def _read(data_dir: Path) -> Secrets | None:
    try:
        return Secrets(**json.loads((data_dir / "engines.json").read_text()))
    except FileNotFoundError:
        return None


def _choose(data_dir: Path, account: Account) -> Secrets:
    """Decide once where the files of this data directory are, and its passwords."""
    home = data_dir / "engines"
    if account.other and not reachable(home):
        home = SYSTEM_STORE / secrets.token_hex(8)
    words = [secrets.token_urlsafe(24) for _ in range(3)]
    chosen = Secrets(str(home), *words)
    write_private(data_dir / "engines.json", json.dumps(asdict(chosen), indent=2) + "\n")
    return chosen


def _socket_folder(home: Path) -> Path:
    """A private folder whose path is short enough for a socket."""
    inside = home / "run"
    if len(os.fsencode(inside / _SOCKET_NAME)) <= _PATH_LIMIT:
        return inside
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"paidan-{os.geteuid()}-{name}"
