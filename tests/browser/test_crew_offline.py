"""The crew's page without signal: what is tapped is kept, sent once with its own time, or told why
it does not count."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_board_screen import serious_faults
from tests.browser.test_crew_queue import PHONE, TARGET_PX, Desk, enter, queued, shown
from tests.browser_fixtures import PATIENCE_MS
from tests.harness import RunningPaidan

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

pytestmark = pytest.mark.browser
LIVE = "[data-testid=connection][data-state=live]"
CUT_OFF = "[data-testid=connection][data-state=cut_off]"


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    with RunningPaidan(receipt_retry_seconds="0.5") as running:
        yield running


@pytest.fixture
def desk(paidan: RunningPaidan) -> Iterator[Desk]:
    desk = Desk(paidan)
    yield desk
    desk.close()


@pytest.fixture
def context(browser: "Browser") -> Iterator["BrowserContext"]:
    context = browser.new_context(
        viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def phone(context: "BrowserContext", paidan: RunningPaidan) -> "Page":
    """A crew at its page, ready to lose the signal at any moment."""
    page = context.new_page()
    enter(page, paidan)
    page.wait_for_selector(LIVE)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def act(step: str, state: str) -> str:
    return f"[data-testid=acts] [data-act={step}][data-state={state}]"


def tap(page: "Page", step: str) -> None:
    page.locator(f"footer [data-step={step}]:enabled").click()


def tapped_at(page: "Page", step: str) -> datetime:
    shown_time = page.locator(f"[data-testid=shown-order] [data-act={step}] time")
    return datetime.fromisoformat(str(shown_time.first.get_attribute("datetime")))


def stamps(desk: Desk, order: dict[str, Any], point: str) -> list[dict[str, Any]]:
    page = desk.lead.get(f"/api/orders/{order['id']}")
    return [one for one in page["stamps"] if one["point"] == point]


def acts_of(desk: Desk, order: dict[str, Any]) -> list[str]:
    page = desk.lead.get(f"/api/orders/{order['id']}")
    kinds = [row["type"] for row in page["history"]]
    return [kind for kind in kinds if kind.startswith("assignment.")]


def finish(desk: Desk, page: "Page", order: dict[str, Any]) -> None:
    """Bring the order to its end from wherever it stands, for the next test."""
    desk.centre.post(f"/api/assignments/{order['assignment']['id']}/recall", {"reason": "other"})
    page.locator("[data-testid=shown-order]").wait_for(state="detached")


def test_a_day_without_signal_arrives_whole(
    phone: "Page", context: "BrowserContext", desk: Desk
) -> None:
    order = desk.send()
    phone.wait_for_selector(shown(order, "sent"))
    desk.lead.wait_order(order["id"], lambda row: row["points"]["E"])

    context.set_offline(True)
    phone.wait_for_selector(CUT_OFF)
    for step, state in (("accept", "active"), ("depart", "departed"), ("arrive", "arrived")):
        tap(phone, step)
        phone.wait_for_selector(shown(order, state))
        phone.wait_for_selector(act(step, "kept"))

    phone.reload()  # the phone was switched off and on; still no signal
    phone.wait_for_selector(shown(order, "arrived"))
    assert phone.locator(act("arrive", "kept")).count() > 0
    assert phone.locator("[data-tab=log]").inner_text() == "待送 3"
    times = {step: tapped_at(phone, step) for step in ("accept", "depart", "arrive")}
    row = desk.lead.get(f"/api/orders/{order['id']}")["order"]
    assert (row["assignment"]["state"], row["points"]["F"]) == ("sent", None)

    context.set_offline(False)
    for step in times:
        phone.wait_for_selector(act(step, "applied"))
    phone.wait_for_selector(LIVE)
    desk.wait(order, "arrived")
    for step, point in (("accept", "F"), ("depart", "G"), ("arrive", "H")):
        (stamp,) = stamps(desk, order, point)
        assert datetime.fromisoformat(stamp["at"]) == times[step]
        assert stamp["recorded_at"] > stamp["at"]
    assert times["accept"] < times["depart"] < times["arrive"]
    finish(desk, phone, order)


def test_a_line_that_swallows_answers_doubles_nothing(
    phone: "Page", context: "BrowserContext", desk: Desk
) -> None:
    order = desk.send()
    phone.wait_for_selector(shown(order, "sent"))
    answered: list[int] = []

    def swallow(route: "Route") -> None:
        """The server does the work; its answer never reaches the phone. The third one does."""
        answer = route.fetch()
        answered.append(answer.status)
        if len(answered) < 3:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    context.route("**/api/assignments/*/accept", swallow)
    tap(phone, "accept")
    phone.wait_for_selector(act("accept", "applied"))
    assert answered == [200, 200, 200]
    assert acts_of(desk, order).count("assignment.accepted") == 1
    assert len(stamps(desk, order, "F")) == 1
    finish(desk, phone, order)


def test_a_page_that_dies_while_it_sends_sends_again(
    phone: "Page", context: "BrowserContext", paidan: RunningPaidan, desk: Desk
) -> None:
    order = desk.send()
    phone.wait_for_selector(shown(order, "sent"))
    context.route("**/api/assignments/*/accept", lambda route: (route.fetch(), route.abort()))
    # The browser's own loop runs in this thread: the answer is to be lost before we wait elsewhere.
    with context.expect_event("requestfailed", lambda request: request.url.endswith("/accept")):
        tap(phone, "accept")
    desk.wait(order, "active")
    phone.close()
    context.unroute("**/api/assignments/*/accept")
    again = context.new_page()
    again.goto(f"{paidan.base_url}/crew")
    again.wait_for_selector(act("accept", "applied"))
    assert acts_of(desk, order).count("assignment.accepted") == 1
    finish(desk, again, order)


def test_recalled_while_without_signal_is_told_and_what_was_tapped_stays_visible(
    phone: "Page", context: "BrowserContext", desk: Desk
) -> None:
    order = desk.send()
    phone.wait_for_selector(shown(order, "sent"))
    tap(phone, "accept")
    desk.wait(order, "active")
    context.set_offline(True)
    phone.wait_for_selector(CUT_OFF)
    tap(phone, "depart")
    phone.wait_for_selector(act("depart", "kept"))
    desk.centre.post(f"/api/assignments/{order['assignment']['id']}/recall", {"reason": "other"})
    tap(phone, "arrive")
    phone.wait_for_selector(act("arrive", "kept"))

    context.set_offline(False)
    notice = phone.locator(f"[data-testid=recalled][data-number='{order['number']}']")
    for step in ("depart", "arrive"):
        notice.locator(f"[data-act={step}][data-state=refused]").wait_for()
    text = notice.inner_text()
    assert "您无信号期间" in text
    assert "撤回" in text
    phone.locator("[data-testid=shown-order]").wait_for(state="detached")
    assert acts_of(desk, order).count("assignment.departed") == 0
    assert serious_faults(phone) == []

    phone.reload()  # nobody has noted it yet
    notice.locator("[data-act=arrive][data-state=refused]").wait_for()
    notice.get_by_role("button").click()
    notice.wait_for(state="detached")
    phone.reload()
    phone.wait_for_selector(LIVE)
    assert notice.count() == 0


def test_a_queue_is_worked_off_without_signal(
    phone: "Page", context: "BrowserContext", desk: Desk
) -> None:
    first, second = desk.send(), desk.send()
    phone.wait_for_selector(queued(second, "sent"))
    phone.wait_for_selector(shown(first, "sent"))
    context.set_offline(True)
    phone.wait_for_selector(CUT_OFF)
    tap(phone, "accept")
    phone.locator("[data-tab=queue]").click()
    phone.locator(f"{queued(second, 'sent')} [data-step=accept]").click()
    phone.wait_for_selector(queued(second, "accepted"))
    phone.locator("[data-tab=now]").click()
    for step in ("depart", "arrive", "restore"):
        tap(phone, step)
    tap(phone, "finish")
    phone.locator("dialog [data-option=fuse_blown]").click()
    phone.locator("dialog [data-option=replaced]").click()
    phone.locator("dialog [data-action=finish]").click()
    phone.wait_for_selector(shown(second, "accepted"))
    tap(phone, "activate")
    phone.wait_for_selector(shown(second, "active"))

    context.set_offline(False)
    desk.wait(first, "finished")
    desk.wait(second, "active")
    told = desk.lead.get(f"/api/orders/{first['id']}")["history"]
    record = next(one["detail"] for one in told if one["type"] == "assignment.finished")
    assert record == {"found": "fuse_blown", "done": "replaced"}
    assert acts_of(desk, second).count("assignment.activated") == 1
    finish(desk, phone, second)


def test_acts_wait_for_the_login_that_tapped_them(
    phone: "Page", context: "BrowserContext", paidan: RunningPaidan, desk: Desk
) -> None:
    order = desk.send()
    phone.wait_for_selector(shown(order, "sent"))
    context.set_offline(True)
    phone.wait_for_selector(CUT_OFF)
    tap(phone, "accept")
    phone.wait_for_selector(act("accept", "kept"))
    context.clear_cookies()  # the login ended meanwhile
    context.set_offline(False)
    phone.wait_for_selector("input[name=login]")
    assert desk.lead.get(f"/api/orders/{order['id']}")["order"]["assignment"]["state"] == "sent"

    enter(phone, paidan, "east.crew2")
    phone.wait_for_url("**/crew")
    phone.wait_for_selector(LIVE)
    assert phone.locator("[data-testid=shown-order]").count() == 0
    phone.locator("[data-tab=log]").click()
    phone.get_by_text("另一登录名有 1 项操作").wait_for()
    phone.locator("[data-testid=menu]").click()
    phone.locator("[data-testid=logout]").click()
    phone.wait_for_selector("input[name=login]")

    enter(phone, paidan)
    phone.wait_for_selector(act("accept", "applied"))
    desk.wait(order, "active")
    finish(desk, phone, order)


def test_it_opens_without_signal_and_keeps_nothing_of_the_api(
    phone: "Page", context: "BrowserContext", paidan: RunningPaidan, desk: Desk
) -> None:
    order = desk.send()
    phone.wait_for_selector(shown(order, "sent"))
    phone.locator("[data-action=navigate]").wait_for()
    cached = phone.evaluate(
        """async () => {
          const names = await caches.keys();
          const all = await Promise.all(names.map(async (n) => (await caches.open(n)).keys()));
          return all.flat().map((request) => new URL(request.url).pathname);
        }"""
    )
    assert "/crew" in cached
    assert [path for path in cached if path.startswith("/api")] == []
    phone.close()
    context.set_offline(True)
    cold = context.new_page()
    cold.goto(f"{paidan.base_url}/crew")
    cold.wait_for_selector(shown(order, "sent"))
    assert "无信号" in cold.locator("footer").inner_text()
    href = str(cold.locator("[data-action=navigate]").get_attribute("href"))
    assert href.startswith("geo:")
    assert serious_faults(cold) == []
    sizes = cold.evaluate(
        "[...document.querySelectorAll('button, main a')].map(it => it.getBoundingClientRect())"
        ".map(it => Math.min(it.height, it.width))"
    )
    assert min(sizes) >= TARGET_PX
    context.set_offline(False)
    cold.wait_for_selector(LIVE)
    finish(desk, cold, order)


def test_the_manifest_makes_it_installable(phone: "Page", paidan: RunningPaidan) -> None:
    href = phone.locator("link[rel=manifest]").get_attribute("href")
    answer = phone.request.get(f"{paidan.base_url}{href}")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["start_url"], manifest["display"]) == ("/crew", "standalone")
    for icon in manifest["icons"]:
        assert phone.request.get(f"{paidan.base_url}{icon['src']}").ok
