"""The ticket page in a real browser: found, read, worked on by letters, taken back."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, text, update

from core.clock import now
from core.db import session_factory
from dispatch.escalation import service as escalation
from dispatch.roster.models import Shift
from dispatch.tickets.models import Ticket
from sla import service as sla
from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.conftest import Sit
from tests.office import NEEDS, Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PAGE = "[data-testid=ticket-page][data-state={}]"
DONE = "[data-testid=said][data-tone=done]"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def ticket(office: Office, **said: Any) -> dict[str, Any]:
    """A request of the web form, taken by the agent."""
    body = {"channel": "web", "caller_name": "王小明", "caller_phone": "+8613800138000"}
    agent = office.person("agent")
    filed: dict[str, Any] = agent.post("/api/tickets", {**body, **said})
    found: dict[str, Any] = agent.get(f"/api/tickets/{filed['id']}")["ticket"]
    return found


def opened(sit: Sit, one: dict[str, Any], login: str = "lead", locale: str = "zh-CN") -> "Page":
    page = sit(login, f"/tickets#/{one['id']}", locale=locale)
    page.wait_for_selector(f"[data-testid=ticket-page][data-ticket='{one['id']}']")
    return page


def choose(page: "Page", *keys: str) -> None:
    """Answer what a dialog asks, one key for each part."""
    page.wait_for_selector("dialog")
    for key in keys:
        page.wait_for_selector("dialog [data-option]:focus")
        page.keyboard.press(key)
    page.wait_for_selector("dialog", state="detached")


def happened(page: "Page") -> list[str]:
    rows = page.locator("[data-testid=happened] > li")
    return [str(rows.nth(at).get_attribute("data-type")) for at in range(rows.count())]


def late_by(one: dict[str, Any], age: timedelta) -> None:
    """Its clock began so long ago."""
    with session_factory()() as session:
        change = update(Ticket).where(Ticket.id == one["id"])
        session.execute(change.values(clock_started_at=now() - age))
        session.commit()


@contextmanager
def newer_ones(one: dict[str, Any], count: int) -> Iterator[None]:
    """So many tickets of its kind were filed after it, for as long as the block runs."""
    mark = "many-"
    clone = text(
        "INSERT INTO ticket (org_id, id, number, kind, channel, state, filed_at) "
        "SELECT org_id, gen_random_uuid(), :mark || n, kind, channel, state, "
        "filed_at + interval '1 ms' FROM ticket, generate_series(1, :count) n WHERE id = :id"
    )
    with session_factory()() as session:
        session.execute(clone, {"mark": mark, "count": count, "id": one["id"]})
        session.commit()
    yield
    with session_factory()() as session:
        session.execute(delete(Ticket).where(Ticket.number.startswith(mark)))
        session.commit()


def row(one: dict[str, Any]) -> str:
    return f"[data-testid=ticket-row][data-number='{one['number']}']"


def test_the_filter_is_in_the_address_and_the_list_is_walked_by_key(
    sit: Sit, office: Office
) -> None:
    complaint = ticket(office, kind="complaint", description="停电没有通知")
    praise = ticket(office, kind="praise", description="师傅态度很好")
    page = sit("lead", "/tickets")
    page.wait_for_selector(row(praise))
    page.keyboard.press("f")
    page.wait_for_selector("#kind:focus")
    page.select_option("#kind", "complaint")
    page.wait_for_selector(row(praise), state="detached")
    assert "kind=complaint" in page.url
    page.locator("#kind").blur()
    page.keyboard.press("j")
    page.wait_for_selector(PAGE.format("open"))
    assert complaint["id"] in page.url
    page.reload()
    page.wait_for_selector(PAGE.format("open"))
    page.wait_for_selector(row(complaint))
    assert page.locator(row(praise)).count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.wait_for_selector(row(praise))
    page.keyboard.press("/")
    page.keyboard.type(str(praise["number"]))
    page.wait_for_selector(row(complaint), state="detached")
    page.keyboard.press("Escape")
    page.keyboard.press("5")  # closed ones
    page.wait_for_selector("[data-testid=tickets][data-count='0']")
    assert "view=closed" in page.url


def test_a_fragment_finds_also_what_is_too_old_to_be_listed(sit: Sit, office: Office) -> None:
    old = ticket(office, kind="suggestion", description="路灯太暗")
    with newer_ones(old, 501):
        page = sit("lead", "/tickets?view=all&kind=suggestion")
        page.wait_for_selector("[data-testid=tickets][data-count='500'] .older")
        page.keyboard.press("/")
        page.keyboard.type("路灯 0138")
        page.wait_for_selector("[data-testid=tickets][data-count='1']")
        page.wait_for_selector(row(old))
        assert page.locator(".older").count() == 0
        page.keyboard.type("9")
        page.wait_for_selector("[data-testid=tickets][data-count='0'] .notice")


def test_a_complaint_is_transferred_returned_answered_closed_and_reopened(
    sit: Sit, office: Office
) -> None:
    one = ticket(office, kind="enquiry", description="阶梯电价怎么算")
    page = opened(sit, one)
    page.keyboard.press("s")
    choose(page, "1", "1")
    page.wait_for_selector(PAGE.format("transferred"))
    page.keyboard.press("t")
    choose(page, "4")
    page.wait_for_selector(PAGE.format("returned"))
    page.keyboard.press("i")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-testid=happened] [data-type='ticket.contacted']")
    page.keyboard.press("a")
    page.wait_for_selector("dialog textarea:focus")
    page.keyboard.type("已告知算法")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(DONE)
    page.wait_for_selector("dialog", state="detached")
    answered = page.locator("[data-testid=ticket-page]").get_attribute("data-state")
    assert answered in ("answered", "follow_up", "closed")
    page.get_by_text("已告知算法").wait_for()
    if answered != "closed":
        page.keyboard.press("c")
        choose(page, "1")
        page.wait_for_selector(PAGE.format("closed"))
    page.keyboard.press("o")
    choose(page, "1")
    page.wait_for_selector(PAGE.format("open"))
    types = happened(page)
    for kind in ("filed", "transferred", "returned", "answered", "reopened"):
        assert f"ticket.{kind}" in types
    assert types.index("ticket.filed") < types.index("ticket.reopened")


def test_a_ticket_is_merged_into_an_order_and_taken_out_again(sit: Sit, office: Office) -> None:
    order = office.filed()
    one = ticket(office, description="也停电了")
    page = opened(sit, one)
    page.keyboard.press("m")
    page.wait_for_selector("dialog input[type=search]")
    page.wait_for_selector(f"dialog [data-option='{order['id']}']")
    page.locator("dialog input[type=search]").fill(order["number"])
    page.wait_for_selector(f"dialog [data-option='{order['id']}']")
    page.locator(f"dialog [data-option='{order['id']}']").click()
    choose(page, "1")
    page.wait_for_selector(PAGE.format("merged"))
    assert order["number"] in page.locator("[data-testid=orders]").inner_text()
    shared = office.person("lead").get(f"/api/orders/{order['id']}")["links"]["tickets"]
    assert one["id"] in [each["id"] for each in shared]
    page.locator("[data-action=offer]").click()  # the undo asks why
    choose(page, "2")
    page.wait_for_selector(PAGE.format("open"))
    assert order["number"] not in page.locator("[data-testid=orders]").inner_text()


def test_tickets_are_related_and_the_relation_is_undone(sit: Sit, office: Office) -> None:
    other, one = ticket(office), ticket(office)
    page = opened(sit, one)
    page.keyboard.press("l")
    page.wait_for_selector(f"dialog [data-option='{other['id']}']")
    page.locator(f"dialog [data-option='{other['id']}']").click()
    choose(page, "1")
    page.locator("[data-testid=relations] a", has_text=str(other["number"])).wait_for()
    page.locator("[data-action=offer]").click()
    page.locator("[data-testid=relations] a").wait_for(state="detached")


def test_a_picture_is_attached_seen_and_hidden(sit: Sit, office: Office) -> None:
    one = ticket(office)
    page = opened(sit, one)
    file: Any = {"name": "电表箱.png", "mimeType": "image/png", "buffer": PIXEL}
    page.set_input_files("#attach", [file])
    shown = page.locator("[data-testid=attachments] [data-name='电表箱.png']")
    shown.wait_for()
    page.wait_for_function(
        "() => document.querySelector('[data-testid=attachments] img')?.naturalWidth === 1"
    )
    with page.expect_download() as loaded:
        shown.locator("a[download]").click()
    assert loaded.value.suggested_filename == "电表箱.png"
    shown.get_by_role("button").click()
    shown.locator("select").select_option("wrong_file")
    shown.wait_for(state="detached")
    assert "ticket.attachment_hidden" in happened(page)
    script: Any = {**file, "name": "x.sh", "buffer": b"#!/bin/sh"}
    page.set_input_files("#attach", [script])
    page.wait_for_selector("[data-testid=said][data-tone=refused]")


def test_the_clock_answers_and_order_of_a_fault_are_told(sit: Sit, office: Office) -> None:
    agent = office.person("agent")
    guide = {"fault_code": "no_power_home", "answers": {"danger": "yes"}}
    filed = agent.post("/api/tickets", {"channel": "web", "guide": guide})
    page = opened(sit, filed, locale="en-GB")
    clock = page.locator("[data-testid=clock-a]").inner_text()
    assert re.search(r"\d\d:\d\d:\d\d", clock)
    assert "sent in" in clock
    assert "smoke" in page.locator("[data-testid=answers]").inner_text()


def test_who_may_not_act_reads_and_who_may_not_read_is_told(sit: Sit, office: Office) -> None:
    one = ticket(office)
    reads = opened(sit, one, "supervisor")
    assert reads.locator("[role=toolbar] button").count() == 0
    assert "王小明" not in reads.locator("[data-testid=ticket-page]").inner_text()
    assert reads.locator("[data-testid=ticket-page] [data-action=unmask]").count() > 0
    barred = sit("admin", "/tickets")
    barred.locator("main [role=alert]").wait_for()
    assert barred.locator("[data-testid=tickets]").count() == 0


def test_a_refused_act_and_a_lost_network_are_said(sit: Sit, office: Office) -> None:
    one = ticket(office, kind="enquiry")
    page = opened(sit, one)
    office.person("lead").post(f"/api/tickets/{one['id']}/close", {"how": "solved"})
    page.route("**/api/tickets/*/return", lambda route: route.continue_())
    page.keyboard.press("t")
    choose(page, "1")
    page.wait_for_selector("[data-testid=said][data-tone=refused]")
    page.route("**/api/tickets**", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator(".stale").wait_for()


@pytest.mark.parametrize("opens", ["", "m", "a"])
def test_no_serious_accessibility_fault(sit: Sit, office: Office, opens: str) -> None:
    office.filed()
    one = ticket(office, kind="enquiry", description="怎么过户")
    page = opened(sit, one)
    if not opens:
        assert faults_in_all_looks(page, PAGE.format("open")) == []
        return
    page.keyboard.press(opens)
    page.wait_for_selector("dialog [data-option], dialog textarea")
    assert serious_faults(page) == []


def test_an_order_is_made_of_a_request_that_was_sent_in(sit: Sit, office: Office) -> None:
    one = ticket(office, description="整栋楼停电")
    page = opened(sit, one, "agent")
    page.keyboard.press("n")
    form = page.locator("[data-testid=order-form]")
    form.wait_for()
    assert form.locator("[name=description]").input_value() == "整栋楼停电"
    assert form.locator("[name=caller]").input_value() == "王小明"
    form.locator("[name=place]").fill("景山街道 12 号楼")
    form.locator("[name=coordinates]").fill("39.9239, 116.3966")
    form.locator("[name=fault]").select_option("no_power_home")
    page.wait_for_selector("[data-testid=guide][data-question=danger]")
    page.locator("[data-testid=guide] [data-next]").first.focus()
    page.keyboard.press("y")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(PAGE.format("ordered"))
    page.wait_for_selector(DONE)
    read = office.person("agent").get(f"/api/tickets/{one['id']}")
    assert [order["role"] for order in read["orders"]] == ["shared"]
    assert read["guided"]["answers"][0]["question"] == "danger"
    assert read["orders"][0]["urgency"] == read["guided"]["urgency"]
    page.keyboard.press("n")
    assert form.count() == 0


def test_who_may_not_file_is_not_offered_an_order_and_esc_leaves_the_form(
    sit: Sit, office: Office
) -> None:
    one = ticket(office)
    reads = opened(sit, one, "supervisor")
    assert reads.locator("[data-action=order]").count() == 0
    page = opened(sit, one, "agent")
    page.locator("[data-action=order]").click()
    page.wait_for_selector("[data-testid=order-form]")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_selector(PAGE.format("open"))


def test_faults_without_an_order_are_a_list_of_their_own(sit: Sit, office: Office) -> None:
    one, enquiry = ticket(office), ticket(office, kind="enquiry")
    page = sit("agent", "/tickets")
    page.wait_for_selector(row(enquiry))
    page.keyboard.press("2")
    page.wait_for_selector(row(enquiry), state="detached")
    page.wait_for_selector(row(one))
    assert page.locator(f"{row(one)} .left").count() == 1


def test_esc_closes_the_map_of_keys_only_and_letters_work_after_a_search(
    sit: Sit, office: Office
) -> None:
    one = ticket(office)
    page = opened(sit, one)
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    assert page.locator(PAGE.format("open")).count() == 1
    page.keyboard.press("/")
    page.keyboard.type(str(one["number"]))
    page.wait_for_selector("[data-testid=tickets][data-count='1']")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{row(one)}:focus")
    page.keyboard.press("j")
    assert page.locator("#search").input_value() == one["number"]


def test_an_agent_sees_faults_that_wait_for_an_order_and_goes_there(
    sit: Sit, office: Office
) -> None:
    one = ticket(office)
    page = sit("agent", "/agent")
    waiting = page.locator("[data-testid=unordered]")
    waiting.wait_for()
    assert int(waiting.get_attribute("data-count") or 0) >= 1
    again = "dispatchEvent(new Event('online'))"
    another = ticket(office, description="又一户没电")
    page.evaluate(again)
    page.wait_for_selector("[data-sound-button][data-arrival='1']")
    late_by(another, timedelta(minutes=50))
    page.evaluate(again)
    page.wait_for_selector("[data-sound-button][data-alarm='1']")
    page.wait_for_selector("[data-testid=unordered][data-level=late]")
    waiting.click()
    page.wait_for_url("**/tickets?view=unordered*")
    page.wait_for_selector(row(one))


def test_a_centre_answers_what_was_transferred_to_it(sit: Sit, office: Office) -> None:
    other, one = ticket(office, kind="complaint"), ticket(office, kind="complaint")
    body = {"unit_id": office.unit("east"), "note": "请核实"}
    office.person("agent").post(f"/api/tickets/{one['id']}/transfer", body)
    page = sit("east.desk", "/tickets")
    page.wait_for_selector(row(one))
    assert page.locator(row(other)).count() == 0
    page.keyboard.press("j")
    page.wait_for_selector(PAGE.format("transferred"))
    acts = page.locator("[role=toolbar] button")
    codes = [acts.nth(at).get_attribute("data-action") for at in range(acts.count())]
    assert codes == ["answer", "contact", "return"]
    page.keyboard.press("t")
    choose(page, "4")
    page.wait_for_selector(DONE)
    page.wait_for_selector(row(one), state="detached")
    page.get_by_text("选一张受理单").wait_for()


def test_a_reopened_fault_gets_another_order_at_the_place_of_the_first(
    sit: Sit, office: Office
) -> None:
    order = office.to_call()
    agent = office.person("agent")
    (one,) = agent.get(f"/api/orders/{order['id']}")["links"]["tickets"]
    agent.post(f"/api/tickets/{one['id']}/reopen", {"reason": "not_solved"})
    page = opened(sit, one, "agent")
    page.keyboard.press("n")
    form = page.locator("[data-testid=order-form]")
    form.wait_for()
    page.wait_for_function("() => document.querySelector('[name=coordinates]').value !== ''")
    assert form.locator("[name=place]").input_value() == NEEDS["place"]
    assert form.locator("[name=fault]").input_value() == NEEDS["fault_code"]
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(PAGE.format("ordered"))
    roles = [each["role"] for each in agent.get(f"/api/tickets/{one['id']}")["orders"]]
    assert roles == ["earlier", "shared"]


def test_who_was_told_that_it_is_late_and_that_one_takes_note(sit: Sit, office: Office) -> None:
    with session_factory()() as session:
        session.execute(delete(Shift))  # everybody counts as on duty
        session.commit()
    one = ticket(office, kind="complaint", description="抄表有误")
    office.person("agent").post(
        f"/api/tickets/{one['id']}/transfer", {"unit_id": office.unit("east")}
    )
    due = datetime.fromisoformat(one["due_at"]) + timedelta(seconds=1)
    sla.sweep(due)
    for hours in (0, 1):
        escalation.sweep(due + timedelta(hours=hours))
    page = opened(sit, one)
    ladder = page.locator("[data-testid=escalation][data-code=Answer][data-occasion=breach]")
    ladder.wait_for()
    assert page.locator("[data-testid=escalation-step]").count() >= 2
    page.keyboard.press("q")
    page.wait_for_selector(DONE)
    assert "已有人知晓" in ladder.inner_text()
    assert page.locator("[data-action=acknowledge]").count() == 0
    assert serious_faults(page) == []
