"""Devices on the administration page: strangers, contested identities, why nothing is shown."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import pytest

from core.clock import now
from gps import contests, pipeline, strangers, terminals
from gps.contests import Sighting
from gps.fix import Fix
from gps.jt808 import uplink
from gps.server import Gateway
from gps.strangers import Knocks
from gps.terminal import Terminal, location
from gps.terminals import News
from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.conftest import Sit
from tests.browser.test_admin_page import FORM, SAID, opened, tab
from tests.browser_fixtures import PATIENCE_MS
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.map]

T = TypeVar("T")
VIEW = "[data-testid=device-view]"
SAYS = {"maker": "HQDQ", "model": "HQ-808", "terminal_id": "T0071", "plate": "京A·00071"}


def devices_of(sit: Sit, **more: Any) -> "Page":
    page = opened(sit, **more)
    tab(page, "7", "devices")
    return page


def stranger(identity: str) -> str:
    return f"[data-testid=stranger][data-identity='{identity}']"


def known(identity: str) -> str:
    return f"[data-testid=known-device][data-identity='{identity}']"


def enrolled(office: Office, identity: str, vehicle: int | None = 0) -> dict[str, Any]:
    admin = office.person("admin")
    cars = admin.get("/api/vehicles")
    car = None if vehicle is None else cars[vehicle]["id"]
    return admin.post("/api/devices", {"identity": identity, "vehicle_id": car})


def sent(device: dict[str, Any], count: int, **more: Any) -> list[Fix]:
    start = now().replace(microsecond=0) - timedelta(seconds=count * 10)
    first = Fix(UUID(device["id"]), start, start, 39.92, 116.39, speed_kmh=36.0, accuracy_m=6.0)
    fixes = [
        replace(first, fix_at=at, received_at=at, lat=39.92 + index * 1e-3, **more)
        for index in range(count)
        if (at := start + timedelta(seconds=index * 10))
    ]
    pipeline.write(1, fixes)
    return fixes


@contextmanager
def loop_beside() -> Iterator[Any]:
    """`run(coroutine)` on a loop of a thread of its own: the browser has the one of this."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    try:
        yield run
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_stranger_on_the_line_is_adopted_in_one_click(sit: Sit, office: Office) -> None:
    plate = office.person("admin").get("/api/vehicles")[0]["plate"]
    at = now().replace(microsecond=0)
    says = uplink.Register(11, 100, "HQDQ", "HQ-808", "T0071", 1, plate)
    gateway = Gateway(host="127.0.0.1", port=0, quarantine=True, tend_seconds=0.1)
    one = Terminal("13900000071", says=says)

    async def knocks() -> None:
        await gateway.__aenter__()
        await one.connect(gateway.host, gateway.port)
        await one.send_location(location(at, 39.92, 116.39))
        await one.wait_acked()

    async def speaks_on() -> None:
        await one.send_location(location(at + timedelta(seconds=1), 39.92, 116.39))
        await one.wait_acked()

    async def ends() -> None:
        await one.close()
        await gateway.__aexit__(None, None, None)

    with loop_beside() as run:
        run(knocks())
        try:
            page = devices_of(sit)
            row = page.locator(stranger("13900000071"))
            row.wait_for()
            assert "HQ-808" in row.inner_text()
            row.locator("[data-action=adopt]").click()  # its vehicle is the one whose plate it told
            page.wait_for_selector(SAID)
            row.wait_for(state="detached")
            now_known = page.locator(known("13900000071"))
            assert plate in now_known.inner_text()
            run(speaks_on())  # on the connection that it had
            now_known.locator("[data-row]").click()
            page.wait_for_selector(VIEW)
            for _ in range(PATIENCE_MS // 100):
                if page.locator("[data-testid=fix]").count() == 2:
                    break
                page.keyboard.press("r")
                page.wait_for_timeout(100)
            assert page.locator("[data-testid=fix][data-reason=ok]").count() == 2
        finally:
            run(ends())


def test_a_stranger_is_ignored_for_good_and_that_is_undone(sit: Sit) -> None:
    strangers.note({("jt808", "13900000072"): Knocks(now(), 3, SAYS)})
    page = devices_of(sit, locale="en-GB")
    row = page.locator(stranger("13900000072"))
    row.locator("[data-action=ignore]").click()
    row.wait_for(state="detached")
    page.click("[data-action=ignored]")
    ignored = page.locator("[data-testid=ignored]", has_text="13900000072")
    ignored.locator("[data-action=undo]").click()
    row.wait_for()


def test_a_contested_identity_is_counted_on_the_tab_until_ruled(sit: Sit, office: Office) -> None:
    device = enrolled(office, "13900000073", None)
    theft = Sighting(1, UUID(device["id"]), "hardware", 2, SAYS, ("10.0.0.7",))
    contests.report_all(1, [theft])
    page = opened(sit)
    tabs = page.locator("label", has_text="终端")
    tabs.filter(has_text="! 1").wait_for()
    tab(page, "7", "devices")
    contest = page.locator("[data-testid=contest][data-kind=hardware]")
    assert "T0071" in contest.inner_text()
    assert "10.0.0.7" in contest.inner_text()
    contest.locator("[data-action=replaced]").click()
    page.wait_for_selector(SAID)
    contest.wait_for(state="detached")
    tabs.filter(has_not_text="!").wait_for()


def test_why_a_position_is_not_shown(sit: Sit, office: Office) -> None:
    device = enrolled(office, "13900000074", 1)
    fixes = sent(device, 6)
    last = fixes[-1].at
    aside = replace(fixes[-1], fix_at=last + timedelta(seconds=5), accuracy_m=900.0)
    pipeline.write(1, [aside, replace(aside, lat=0.0, lon=0.0)])

    page = opened(sit)
    tab(page, "4", "fleet")
    page.locator("[data-action=why][aria-label$='13900000074']").click()
    page.wait_for_selector(VIEW)
    why = page.get_by_test_id("why")
    why.get_by_text("误差超过 200 米").wait_for()
    assert page.locator("[data-testid=fix]").count() == 7
    assert page.get_by_test_id("dropped").locator("tbody tr").count() == 1
    page.click("[data-verdict=inaccurate]")
    assert page.locator("[data-testid=fix]").count() == 1
    page.click("[data-verdict=all]")
    page.keyboard.press("j")
    page.keyboard.press("[")  # the day before
    page.get_by_text("这一天没有收到并保存的定位").wait_for()
    page.keyboard.press("]")
    page.locator("[data-testid=fix]").first.wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector(known("13900000074"))


def test_a_clock_in_another_zone_is_put_right_in_one_click(sit: Sit, office: Office) -> None:
    device = enrolled(office, "13900000075", 2)
    terminals.note(1, {UUID(device["id"]): News(off_min=480)}, now())
    page = sit("admin", f"/admin#device={device['id']}", locale="en-GB")
    page.wait_for_selector(VIEW)
    page.locator("[data-testid=clock-off]", has_text="8 h behind").wait_for()
    page.click("[data-action=fix-clock]")
    page.wait_for_selector("[data-testid=clock-off]", state="detached")
    assert "UTC" in page.locator("dl").inner_text()


def test_a_device_is_edited_with_zone_and_map_system(sit: Sit, office: Office) -> None:
    enrolled(office, "13900000076", None)
    page = devices_of(sit)
    page.locator(known("13900000076")).locator("[data-row]").click()
    page.wait_for_selector(VIEW)
    page.keyboard.press("e")
    page.wait_for_selector(FORM)
    page.fill("input[name=time_zone]", "Mars/Olympus")
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=time_zone][aria-invalid=true]:focus")
    page.fill("input[name=time_zone]", "+05:30")
    page.select_option("select[name=datum]", "gcj02")
    page.click("[data-action=save]")
    page.wait_for_selector(SAID)
    page.locator("dl", has_text="+05:30").wait_for()
    assert "GCJ02" in page.locator("dl").inner_text()


def test_no_serious_fault_on_the_lists_and_one_device(sit: Sit, office: Office) -> None:
    strangers.note({("jt808", "13900000077"): Knocks(now(), 3, SAYS)})
    device = enrolled(office, "13900000078", None)
    contests.report_all(1, [Sighting(1, UUID(device["id"]), "code", 5)])
    sent(device, 5)
    page = sit("admin", "/admin#devices")
    faults = faults_in_all_looks(page, "[data-testid=contest]")
    page.locator(known("13900000078")).locator("[data-row]").click()
    page.wait_for_selector("[data-testid=fix]")
    assert faults + serious_faults(page) == []


def test_from_the_row_of_a_crew_on_the_board_to_its_terminal(sit: Sit, office: Office) -> None:
    cars = office.person("admin").get("/api/vehicles")
    second = next(at for at, car in enumerate(cars) if car["plate"].endswith("D1201"))
    enrolled(office, "13900000079", second)
    page = sit("admin", "/", locale="en-GB")
    row = page.locator("[data-testid=crew-row][data-code='east-2']")
    row.hover()
    row.locator("[data-action=why-position]").click()
    page.wait_for_selector(VIEW)
    assert page.locator(VIEW).get_attribute("data-identity") == "13800001201"
    page.get_by_test_id("why").get_by_text("It has never connected").wait_for()
    page.locator("[data-action=beside]", has_text="13900000079").click()
    page.wait_for_selector(f"{VIEW}[data-identity='13900000079']")
    desk = sit("east.desk", "/")
    desk.locator("[data-testid=crew-row]").first.hover()
    assert desk.locator("[data-action=why-position]").count() == 0


def test_a_table_of_devices_is_checked_then_written(sit: Sit) -> None:
    page = devices_of(sit)
    page.keyboard.press("i")
    page.wait_for_selector("[data-testid=device-import]")
    table = "设备号,车牌\n13900000081,\n13900000082,京A·00000\n".encode("gb18030")
    files = {"name": "终端.csv", "mimeType": "text/csv", "buffer": table}
    page.set_input_files("input[name=file]", files=[files])
    page.get_by_text("新增 1").wait_for()
    assert "没有此在用车辆" in page.locator("[data-testid=row-problem]").inner_text()
    assert serious_faults(page) == []
    page.click("[data-action=import]")
    page.wait_for_selector(SAID)
    page.wait_for_selector(known("13900000081"))


def test_a_tracker_of_another_protocol_is_adopted_and_given_its_model(
    sit: Sit, office: Office
) -> None:
    strangers.note({("gt06", "0863501234567890"): Knocks(now(), 1)})
    page = devices_of(sit)
    page.locator(stranger("0863501234567890")).locator("[data-action=adopt]").click()
    page.wait_for_selector(SAID)
    page.locator(known("0863501234567890")).locator("[data-row]").click()
    page.wait_for_selector(VIEW)
    page.keyboard.press("e")
    page.wait_for_selector(f"{FORM} select[name=protocol]")
    assert page.locator("select[name=protocol]").input_value() == "gt06"
    page.fill("input[name=model]", "NT20")
    page.click("[data-action=save]")
    page.wait_for_selector(FORM, state="detached")
    rows = office.person("admin").get("/api/devices")
    row = next(one for one in rows if one["identity"] == "0863501234567890")
    assert (row["protocol"], row["kind"], row["model"]) == ("gt06", "terminal", "NT20")
