"""axe-core on a page: what it calls serious or critical."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

WEB = Path(__file__).resolve().parents[2] / "dashboards" / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
THEMES = ("dark", "light")
LANGUAGES = ("zh", "en")


def serious_faults(page: "Page") -> list[str]:
    """What axe calls serious or critical, as `rule: element`."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in dashboards/web")
    page.evaluate(f"window.axe || (() => {{ {AXE.read_text(encoding='utf-8')} }})()")
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['html'][:200]} ({node.get('failureSummary', '')[:200]})"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def show_in(page: "Page", theme: str, language: str) -> None:
    """Show the page that is open anew, in this theme and language."""
    page.evaluate(
        "([theme, language]) => { localStorage.setItem('paidan.theme', theme);"
        " localStorage.setItem('paidan.language', language); }",
        [theme, language],
    )
    page.reload()
    page.wait_for_selector(f"html[data-theme={theme}][lang^={language}]")


def faults_in_all_looks(page: "Page", ready: str) -> list[str]:
    """Faults of the page that is open: in each theme and each language, so in two looks.

    `ready` is the selector of what has to be there before it is judged.
    """
    faults = []
    for theme, language in zip(THEMES, LANGUAGES, strict=True):
        show_in(page, theme, language)
        page.wait_for_selector(ready)
        faults += [f"{theme} {language} {fault}" for fault in serious_faults(page)]
    return faults
