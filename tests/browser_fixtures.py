"""A real headless Chromium: the one that Debian packages, never one that is downloaded."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# What a window does beside its page costs more than the page: the list under the address bar is
# two pages of their own (0.8 s of processor time for each window that opens). The flag replaces
# Playwright's own; the names after the fourth are from there. With RenderDocument a page that is
# closed while another document takes its place never closes (playwright issue 42068).
NOT_NEEDED = (
    "RenderDocument",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "SpareRendererForSitePerProcess",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)
FLAGS = (
    f"--disable-features={','.join(NOT_NEEDED)}",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The map of the board is drawn by WebGL, here without a graphics card: a third of the processor
# time of a page with it. Only tests marked `map` have it; the others see the designed page of a
# browser that cannot draw it.
WITH_MAP = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
WITHOUT_MAP = ("--disable-gpu", "--disable-3d-apis", "--disable-software-rasterizer")
# How long a page may take to become what it should: a busy machine needs more than a quiet one.
PATIENCE_MS = 60_000
MISSING = "no Chromium on this machine: install Debian's package `chromium`"


def chromium() -> str | None:
    """Path of the installed Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browsers:
    """One Chromium for each way of drawing, open while files with a browser follow one another.

    Playwright's loop runs in this thread meanwhile, and would forbid `asyncio.run` to other tests:
    it is closed before the first of them.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._playwright: Playwright | None = None
        self._known: dict[tuple[str, ...], Browser] = {}
        self._users = 0

    @contextmanager
    def use(self, path: str, drawing: tuple[str, ...]) -> Iterator["Browser"]:
        """The browser that draws so."""
        if self._playwright is None:
            from playwright.sync_api import sync_playwright

            self._playwright = self._open.enter_context(sync_playwright())
        if drawing not in self._known or not self._known[drawing].is_connected():
            chromium = self._playwright.chromium
            one = chromium.launch(executable_path=path, args=[*FLAGS, *drawing])
            self._known[drawing] = self._open.enter_context(one)
        self._users += 1
        try:
            yield self._known[drawing]
        finally:
            self._users -= 1

    def rest(self) -> None:
        """Close what nobody uses."""
        if not self._users:
            self._known.clear()
            self._playwright = None
            self._open.close()


BROWSERS = Browsers()


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Iterator["Browser"]:
    """The browser of a test; its pages are closed before the next one has it."""
    path = chromium()
    if path is None:
        pytest.skip(MISSING)
    drawing = WITH_MAP if request.node.get_closest_marker("map") else WITHOUT_MAP
    with BROWSERS.use(path, drawing) as found:
        yield found
        for context in found.contexts:
            context.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page of its own cookies and storage, 1280×720, zh-CN, Asia/Shanghai."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()
