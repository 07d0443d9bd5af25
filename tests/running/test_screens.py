"""Screens that are older than their sources are told, and only where there are sources."""

import os
from pathlib import Path

from api.screens import outdated


def made(web: Path, name: str, at: int) -> None:
    file = web / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    os.utime(file, (at, at))


def test_a_source_newer_than_the_build_is_found(tmp_path: Path) -> None:
    assert not outdated(tmp_path), "nothing was built"
    made(tmp_path, "dist/index.html", 100)
    assert not outdated(tmp_path), "no sources: installed from a package"
    made(tmp_path, "src/pages/agent/Agent.svelte", 90)
    assert not outdated(tmp_path)
    for name in ("src/lib/new.ts", "agent.html", "package.json", "public/crew-sw.js"):
        made(tmp_path, name, 110)
        assert outdated(tmp_path), name
        made(tmp_path, name, 90)
    assert not outdated(tmp_path)
