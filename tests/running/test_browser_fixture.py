"""The browser of the tests is a real one with WebGL, which the map needs."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.map]


def test_renders_and_has_webgl(page: "Page") -> None:
    page.set_content("<p>派单</p><canvas></canvas>")
    assert page.inner_text("p") == "派单"
    assert page.evaluate("!!document.querySelector('canvas').getContext('webgl2')")
    assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Shanghai"
