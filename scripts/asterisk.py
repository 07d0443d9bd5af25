"""Where tests have their Asterisk: Debian's packages, unpacked beside the virtual environment.

This Debian has none, an older one has. Nothing of it is installed and nothing runs as root: it is
started by its own loader with its own libraries.
"""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREE = ROOT / ".venv/asterisk"
SUITE, MIRROR = "bullseye", "http://deb.debian.org/debian"
PACKAGES = "asterisk,asterisk-core-sounds-en"
TOOLS = {"mmdebstrap": "mmdebstrap", "sipp": "sip-tester"}
"""Program → its package."""
UNPACK_S = 600


def missing_tools() -> list[str]:
    """Packages of this Debian that are still to be installed."""
    return [package for program, package in TOOLS.items() if not shutil.which(program)]


def is_here() -> bool:
    """Whether it can be started."""
    return (TREE / "usr/sbin/asterisk").exists() and shutil.which("sipp") is not None


def unpack() -> None:
    """Fetch and unpack it. Raises subprocess.SubprocessError."""
    draft = TREE.with_suffix(f".{os.getpid()}")
    words = [
        "mmdebstrap",
        "--quiet",
        "--variant=extract",
        f"--include={PACKAGES}",
        '--aptopt=APT::Install-Recommends "false"',
        SUITE,
        str(draft),
        MIRROR,
    ]
    try:
        subprocess.run(words, check=True, capture_output=True, text=True, timeout=UNPACK_S)
        shutil.rmtree(TREE, ignore_errors=True)
        draft.rename(TREE)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def command(*words: str) -> list[str]:
    """The command line that starts it."""
    libraries = TREE / "lib/x86_64-linux-gnu"
    paths = [libraries, TREE / "usr/lib/x86_64-linux-gnu", TREE / "usr/lib"]
    loader = libraries / "ld-linux-x86-64.so.2"
    path = ":".join(str(one) for one in paths)
    return [str(loader), "--library-path", path, str(TREE / "usr/sbin/asterisk"), *words]
