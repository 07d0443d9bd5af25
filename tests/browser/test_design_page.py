"""The design page: contrast and urgency colours as the browser really shows them, in all looks."""

import base64
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.axe import LANGUAGES, THEMES, serious_faults, show_in
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

RESULTS = Path(__file__).resolve().parents[2] / "test-results"
TEXT_CONTRAST = 4.5
LEVEL_DELTA = 7.5
# Distance in sRGB, of 441, between any two levels in a picture taken with that vision.
PICTURED_DISTANCE = 20
VISIONS = ("none", "protanopia", "deuteranopia", "tritanopia")
TALL: Any = {"width": 1280, "height": 2300}

CELLS = """
() => [...document.querySelectorAll('[data-text][data-surface]')].map((cell) => {
  const style = getComputedStyle(cell);
  return {
    name: `${cell.dataset.text} on ${cell.dataset.surface}`,
    text: style.color, surface: style.backgroundColor, says: Number(cell.dataset.ratio),
  };
})
"""
MIDDLE_PIXEL = """
async (png) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const middle = [Math.floor(image.width / 2), Math.floor(image.height / 2)];
  return [...context.getImageData(...middle, 1, 1).data].slice(0, 3);
}
"""


@pytest.fixture
def tall(browser: "Browser", office: Office) -> Iterator["Page"]:
    """The design page, high enough to be seen whole. Nobody is logged in."""
    context = browser.new_context(viewport=TALL, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.goto(f"{office.url}/design")
    yield page
    context.close()


def linear(byte: int) -> float:
    part = byte / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def contrast(one: str, other: str) -> float:
    """Contrast of WCAG between two colours as `rgb(1, 2, 3)`."""
    light = []
    for css in (one, other):
        red, green, blue = (linear(int(each)) for each in css[4:-1].split(","))
        light.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_text_is_legible_and_levels_stay_apart(tall: "Page", theme: str, language: str) -> None:
    show_in(tall, theme, language)
    tall.wait_for_selector("[data-vision][data-delta]")
    RESULTS.mkdir(exist_ok=True)
    tall.screenshot(path=RESULTS / f"design-{theme}-{language}.png")

    cells = tall.evaluate(CELLS)
    assert len(cells) == 8 * 4 + 2
    for cell in cells:
        shown = contrast(cell["text"], cell["surface"])
        assert shown >= TEXT_CONTRAST, cell
        assert shown == pytest.approx(cell["says"], abs=0.01), cell
    deltas = tall.evaluate(
        "() => [...document.querySelectorAll('[data-delta]')].map((each) => +each.dataset.delta)"
    )
    assert len(deltas) == len(VISIONS)
    assert min(deltas) >= LEVEL_DELTA
    main = tall.locator("main")
    assert main.evaluate("(e) => e.scrollWidth <= e.clientWidth")
    assert serious_faults(tall) == []


@pytest.mark.parametrize("theme", THEMES)
def test_levels_stay_apart_in_pictures_of_each_vision(tall: "Page", theme: str) -> None:
    """Chromium's own simulation agrees with the computed one."""
    show_in(tall, theme, "en")
    tall.wait_for_selector("[data-vision][data-delta]")
    devtools = tall.context.new_cdp_session(tall)
    for vision in VISIONS:
        devtools.send("Emulation.setEmulatedVisionDeficiency", {"type": vision})
        shown = {}
        for level in ("normal", "watch", "risk", "late"):
            swatch = tall.locator(f"[data-level-row={level}] .swatch").first
            picture = base64.b64encode(swatch.screenshot()).decode()
            shown[level] = tall.evaluate(MIDDLE_PIXEL, picture)
        for one, other in combinations(shown, 2):
            apart = sum((a - b) ** 2 for a, b in zip(shown[one], shown[other], strict=True)) ** 0.5
            assert apart >= PICTURED_DISTANCE, (vision, one, other, shown)
    devtools.detach()


def test_the_keys_of_the_page_work(tall: "Page") -> None:
    show_in(tall, "dark", "zh")
    tall.keyboard.press("?")
    tall.wait_for_selector("dialog[open]")
    assert serious_faults(tall) == []
    tall.keyboard.press("Escape")
    tall.wait_for_selector("dialog", state="detached")
    tall.locator("[data-action=dialog]").click()
    tall.wait_for_selector("dialog[open]")
    assert serious_faults(tall) == []
    tall.keyboard.press("Escape")
