"""Data directories of the servers that tests start."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.engines.home import remove_home

# Copying a database makes and deletes hundreds of files: a millisecond each on ext4, which looks
# for inodes that were not deleted lately, next to nothing in memory.
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 * 1024**3
_OURS = re.compile(r"paidan-[a-z]+-(\d+)-\w+")


def new_data_folder(prefix: str) -> Path:
    """A new folder that servers under any account can reach, in memory where there is room.

    Its name says which process made it.
    """
    parent = MEMORY if _has_room(MEMORY) else None
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=parent))
    folder.chmod(0o711)
    return folder


@contextmanager
def data_folder() -> Iterator[Path]:
    """A data directory of its own; gone afterwards, with the servers' files of it."""
    folder = new_data_folder("paidan-test-")
    try:
        yield folder
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


def remove_left(parent: Path = MEMORY) -> None:
    """Remove folders of processes that are no more: nobody else would give the memory back."""
    for folder in parent.glob("paidan-*"):
        made_by = _OURS.fullmatch(folder.name)
        if made_by and not Path("/proc", made_by[1]).exists():
            with suppress(OSError):  # somebody else's
                remove_home(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _has_room(folder: Path) -> bool:
    try:
        place = os.statvfs(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK) and place.f_bavail * place.f_frsize >= ENOUGH_BYTES
