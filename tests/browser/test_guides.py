"""Guided questions in the form: one key per answer, and the same sum as the server's."""

import random
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.reference import FAULT_CODES
from tests.browser.axe import serious_faults
from tests.browser.conftest import Sit
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
LIVE = "[data-testid=connection][data-state=live]"
GUIDE = "[data-testid=guide]"
WALKS = 3


def form(sit: Sit, fault: str, locale: str = "zh-CN") -> "Page":
    """The form for a request without a call, with that fault chosen and its guide in focus."""
    page = sit("agent", "/agent", locale=locale)
    page.wait_for_selector(LIVE)
    page.keyboard.press("n")
    page.select_option("select[name=fault]", fault)
    page.wait_for_selector(f"{GUIDE}[data-guide={fault}]")
    page.keyboard.press("Escape")
    page.locator("select[name=fault]").blur()
    page.keyboard.press("w")
    return page


def key_of(question: dict[str, Any], choice: dict[str, Any]) -> str:
    if choice["code"] == "unknown":
        return "u"
    if question["kind"] == "yes_no":
        return str(choice["code"][0])
    return str(question["choices"].index(choice) + 1)


def give(page: "Page", question: dict[str, Any], choice: dict[str, Any]) -> str:
    """Answer by keyboard; the answer as it is sent."""
    page.wait_for_selector(f"{GUIDE}[data-question={question['id']}]")
    page.wait_for_selector(f"{GUIDE} [data-next]:focus")
    if question["kind"] != "number":
        page.keyboard.press(key_of(question, choice))
        return str(choice["code"])
    number = "" if choice["at_least"] is None else f"{choice['at_least']:g}"
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    return number or "unknown"


def walk(page: "Page", guide: dict[str, Any], dice: random.Random) -> dict[str, str]:
    """Answer at random until nothing is asked any more."""
    questions = {one["id"]: one for one in guide["questions"]}
    answers: dict[str, str] = {}
    at = guide["first"]
    while at != "end":
        choice = dice.choice(questions[at]["choices"])
        answers[at] = give(page, questions[at], choice)
        at = choice["next"]
    page.wait_for_selector("[data-testid=guide-done]")
    return answers


@pytest.mark.parametrize("fault", FAULT_CODES)
def test_any_answers_add_up_to_what_the_server_says(sit: Sit, office: Office, fault: str) -> None:
    agent = office.person("agent")
    guide = agent.get(f"/api/guides/{fault}")
    dice = random.Random(fault)
    page = form(sit, fault)
    for _ in range(WALKS):
        answers = walk(page, guide, dice)
        given = [f"{question}:{answer}" for question, answer in answers.items()]
        outcome = agent.get(f"/api/guides/{fault}/outcome", answer=given)
        assert outcome["missing"] is None
        assert page.input_value("select[name=urgency]") == str(outcome["urgency"])
        assert page.input_value("select[name=trade]") == outcome["trade"]
        advice = page.locator("[data-testid=advice]")
        told = [advice.nth(at).get_attribute("data-hazard") for at in range(advice.count())]
        assert told == outcome["advice"]
        side = page.locator("[data-testid=customer-side]").count()
        assert side == (1 if outcome["customer_side"] else 0)
        for _ in answers:
            page.keyboard.press("Backspace")
        page.wait_for_selector(f"{GUIDE}[data-question={guide['first']}]")


def test_danger_is_told_and_overriding_is_seen(sit: Sit) -> None:
    page = form(sit, "no_power_home", "en-GB")
    assert page.input_value("select[name=urgency]") == "0"
    page.keyboard.press("y")
    page.wait_for_selector("[data-testid=advice][data-hazard=fire]")
    assert "fire service" in page.locator("[data-testid=advice]").inner_text()
    assert page.input_value("select[name=urgency]") == "3"
    assert "smoke" in page.locator("[data-testid=guide-why]").inner_text()
    page.select_option("select[name=urgency]", "1")
    page.wait_for_selector("[data-testid=urgency-overridden]")
    page.reload()
    page.wait_for_selector(LIVE)
    page.wait_for_selector("[data-testid=advice][data-hazard=fire]")
    assert page.input_value("select[name=urgency]") == "1"
    assert serious_faults(page) == []
    page.click("[data-action=follow-guide]")
    assert page.input_value("select[name=urgency]") == "3"


def test_a_cause_behind_the_meter_makes_an_enquiry(sit: Sit, office: Office) -> None:
    page = form(sit, "no_power_home")
    for key in ("n", "n", "1", "2"):
        before = page.locator(GUIDE).get_attribute("data-question")
        page.keyboard.press(key)
        page.wait_for_selector(f"{GUIDE}:not([data-question={before}])")
    page.wait_for_selector("[data-testid=customer-side]")
    page.keyboard.press("e")
    assert page.input_value("select[name=kind]") == "enquiry"
    with page.expect_response("**/api/tickets") as answered:
        page.keyboard.press("Control+Enter")
    sent = answered.value.request.post_data_json
    assert sent is not None
    assert sent["guide"] == {
        "fault_code": "no_power_home",
        "answers": {
            "danger": "no",
            "life_support": "no",
            "neighbours": "lit",
            "own_breaker": "tripped_stays",
        },
    }
    kept = office.person("agent").get(f"/api/tickets/{answered.value.json()['id']}")
    assert kept["guided"]["customer_side"] == "own_breaker"
    assert kept["orders"] == []


def test_answers_go_with_the_ticket_and_set_the_order(sit: Sit) -> None:
    page = form(sit, "wires_down")
    page.keyboard.press("n")
    page.wait_for_selector(f"{GUIDE}[data-question=where]")
    page.fill("input[name=place]", "景山街道 12 号楼")
    page.fill("input[name=coordinates]", "39.9239, 116.3966")
    with page.expect_response("**/api/orders") as answered:
        page.keyboard.press("Control+Enter")
    order = answered.value.json()
    assert (order["urgency"], order["trade"]) == (3, "medium_voltage")
    page.wait_for_selector("[data-testid=filed]")


def test_requests_other_than_faults_ask_nothing_of_the_place(sit: Sit) -> None:
    page = form(sit, "meter_fault")
    page.select_option("select[name=kind]", "praise")
    page.wait_for_selector("select[name=fault]", state="detached")
    assert page.locator(GUIDE).count() == 0
    page.fill("textarea[name=description]", "师傅态度很好")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-testid=said][data-tone=done]")


def test_without_the_network_the_form_says_that_questions_are_missing(sit: Sit) -> None:
    page = sit("agent", "/agent")
    page.wait_for_selector(LIVE)
    page.route("**/api/guides/**", lambda route: route.abort())
    page.keyboard.press("n")
    page.select_option("select[name=fault]", "meter_fault")
    page.wait_for_selector("[data-testid=guide-missing]")
    page.unroute("**/api/guides/**")
    page.click("[data-testid=guide-missing] button")
    page.wait_for_selector(f"{GUIDE}[data-guide=meter_fault]")
