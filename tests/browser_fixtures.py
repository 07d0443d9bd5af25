"""A real headless Chromium: the one that Debian packages, never one that is downloaded."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
# What a window does beside its page costs more than the page: the list under the address bar is
# two pages of their own (0.8 s of processor time for each window that opens). The flag replaces
# Playwright's own; the names after the third are from there.
NOT_NEEDED = (
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
# time of a page with it. Only files marked `map` have it; the others see the designed page of a
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


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator["Browser"]:
    """One browser for a file. Playwright's loop runs in this thread until it is closed, so a
    longer life would forbid `asyncio.run` to all tests that come later."""
    drawing = WITH_MAP if request.node.get_closest_marker("map") else WITHOUT_MAP
    path = chromium()
    if path is None:
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *drawing])
        yield started
        started.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page of its own cookies and storage, 1280×720, zh-CN, Asia/Shanghai."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()
