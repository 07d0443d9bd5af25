"""What each page needs for its first view: under 300 kB compressed, map and charts not among it."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.app import PAGES
from tests.browser.axe import WEB

pytestmark = pytest.mark.browser

DIST = WEB / "dist"
FIRST_VIEW_BYTES = 300_000
LAZY = re.compile(r"maplibre|echarts|zrender|/lib/map/engine", re.IGNORECASE)


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, Any]]:
    """What the build made of what, by source file."""
    found: dict[str, dict[str, Any]] = json.loads((DIST / ".vite" / "manifest.json").read_text())
    return found


def first_view(manifest: dict[str, dict[str, Any]], page: str) -> Iterator[tuple[str, str]]:
    """Key and file of each part that the page loads before it shows anything."""
    waiting, seen = [page], set()
    yield page, page
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        part = manifest[key]
        yield key, part["file"]
        for style in part.get("css", []):
            yield key, style
        waiting += part.get("imports", [])


@pytest.mark.parametrize("page", sorted(PAGES.values()))
def test_first_view_is_light(manifest: dict[str, dict[str, Any]], page: str) -> None:
    parts = set(first_view(manifest, page))
    assert len(parts) > 2
    sizes = {file: len(gzip.compress((DIST / file).read_bytes())) for _, file in parts}
    assert sum(sizes.values()) < FIRST_VIEW_BYTES, sizes
    for key, file in parts:
        text = (DIST / file).read_text(encoding="utf-8")
        assert not LAZY.search(key), key
        # Neither library's code, even where a chunk got another name.
        assert "maplibregl-canvas-container" not in text or file.endswith(".css"), file
        assert "zrender" not in text, file


def test_the_map_comes_later(manifest: dict[str, dict[str, Any]]) -> None:
    lazy = {key for part in manifest.values() for key in part.get("dynamicImports", [])}
    assert any(LAZY.search(key) for key in lazy)
