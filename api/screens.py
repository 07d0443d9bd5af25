"""The built screens: whether they are those of the sources beside them, and their time zone."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

WEB = Path(__file__).parent.parent / "dashboards" / "web"
BESIDE = ("package.json", "vite.config.ts")
"""Files outside src/ and public/ that decide what is built; so does every page at the top."""


def outdated(web: Path = WEB) -> bool:
    """A source is newer than what was built of it. Never so where there are no sources."""
    built = web / "dist" / "index.html"
    if not built.is_file() or not (web / "src").is_dir():
        return False
    made_at = built.stat().st_mtime
    return any(source.stat().st_mtime > made_at for source in _sources(web))


def zoned(page: str, zone: str) -> str:
    """A page that names the time zone by which it shows times."""
    return page.replace("<html ", f'<html data-zone="{escape(zone)}" ', 1)


def _sources(web: Path) -> Iterator[Path]:
    for folder in ("src", "public"):
        yield from (one for one in (web / folder).rglob("*") if one.is_file())
    yield from web.glob("*.html")
    yield from (web / name for name in BESIDE if (web / name).is_file())
