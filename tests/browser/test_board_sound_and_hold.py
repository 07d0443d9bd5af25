"""What the board says by sound, and what it says of a clock that is held."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sla.documents import load_policy, shipped_text
from tests.browser.test_board_screen import enter, wait_live
from tests.chain.world import file_order, passwords, telephones
from tests.harness import RunningPaidan
from tests.people import Person
from tests.telephony.carrier import TOKEN, InboundCall

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# Counts the notes that really reach the browser's audio.
COUNT_NOTES = """
window.notes = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) {
  window.notes.push(this.type);
  return start.apply(this, at);
};
"""


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    with RunningPaidan(twilio_auth_token=TOKEN, receipt_retry_seconds="0.5") as running:
        yield running


LADDER = """
[[ladders]]
code = "released_late"
on = ["breach"]
of = ["AB"]

[[ladders.steps]]
after_s = 0
to = "sender"
channels = ["screen", "sound"]
text = { zh = "工单 {number} 迟未派发", en = "Order {number} is not released" }
"""


def sound_when_late(admin: Person) -> None:
    """Orders that are released late are heard by the hotline: the policy has a ladder for it."""
    text = shipped_text("policies", "beijing") + LADDER
    version = load_policy("beijing").version
    text = text.replace(f"version = {version}", f"version = {version + 1}", 1)
    admin.post("/api/sla/policies", {"document": text})


@pytest.fixture
def people(paidan: RunningPaidan) -> Iterator[dict[str, Person]]:
    known = passwords(paidan)
    logins = ("agent", "lead", "east.desk", "east.crew1", "admin")
    found = {login: Person(paidan.base_url, login, known[login]) for login in logins}
    yield found
    for person in found.values():
        person.close()


def late_order(paidan: RunningPaidan, agent: Person, caller: int) -> dict[str, Any]:
    """An order whose caller hung up long ago: A–B is over its limit at once."""
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    call = InboundCall(caller, began=began)
    return file_order(agent, telephones(paidan, agent, call, call.completed()))


def sound(page: "Page", **said: object) -> None:
    """Wait until the sound mark says so."""
    wanted = "".join(f"[data-{name}='{value}']" for name, value in said.items())
    page.wait_for_selector(f"[data-testid=sound]{wanted}")


def test_a_step_of_a_ladder_is_heard_by_whom_it_is_for_and_folds_while_silenced(
    page: "Page", paidan: RunningPaidan, people: dict[str, Person]
) -> None:
    sound_when_late(people["admin"])
    page.add_init_script(COUNT_NOTES)
    enter(page, paidan, "lead")
    wait_live(page)
    page.keyboard.press("j")  # a gesture, should the browser want one
    sound(page, state="on", alarm=0)

    late_order(paidan, people["agent"], 21)
    sound(page, state="on", alarm=1)
    page.wait_for_function("window.notes.length > 0")
    heard = page.evaluate("window.notes")
    assert set(heard) == {"triangle"}

    page.keyboard.press("m")
    sound(page, state="silenced")
    assert "静音 0" in page.locator("[data-testid=sound]").inner_text()
    late_order(paidan, people["agent"], 22)
    sound(page, state="silenced", alarm=2)
    late_order(paidan, people["agent"], 23)
    sound(page, state="silenced", alarm=3)
    assert page.evaluate("window.notes.length") == len(heard)

    page.keyboard.press("m")
    sound(page, state="on")
    page.wait_for_function(f"window.notes.length === {2 * len(heard)}")  # two folded into one


def test_an_arrival_is_heard_at_the_centre_and_differs(
    page: "Page", paidan: RunningPaidan, people: dict[str, Person]
) -> None:
    page.add_init_script(COUNT_NOTES)
    enter(page, paidan, "east.desk")
    wait_live(page)
    page.keyboard.press("j")
    sound(page, state="on", arrival=0)
    order = file_order(people["agent"], None)
    centre = people["east.desk"].unit_id
    people["lead"].post(f"/api/orders/{order['id']}/release", {"centre_id": centre})
    sound(page, arrival=1, alarm=0)
    page.wait_for_function("window.notes.length > 0")
    assert set(page.evaluate("window.notes")) == {"sine"}


def test_a_held_clock_says_by_what(
    page: "Page", paidan: RunningPaidan, people: dict[str, Person]
) -> None:
    desk, lead, crew = (people[login] for login in ("east.desk", "lead", "east.crew1"))
    desk.follow()
    crew.follow("queue")
    crew_id = crew.unit_id
    rows = []
    for _ in range(3):
        order = file_order(people["agent"], None)
        lead.post(f"/api/orders/{order['id']}/release", {"centre_id": desk.unit_id})
        desk.wait_order(order["id"], lambda row: row["points"]["C"])
        rows.append(desk.post(f"/api/orders/{order['id']}/dispatch", {"crew_id": crew_id}))
    active, queued, sent_wrong = rows
    for row in (active, queued):
        crew.post(f"/api/assignments/{row['assignment']['id']}/accept")
    returned = f"/api/assignments/{sent_wrong['assignment']['id']}/return"
    crew.post(returned, {"reason": "wrong_department"})

    enter(page, paidan, "east.desk")
    wait_live(page)
    for row, hold, word in ((queued, "queued", "排队中"), (sent_wrong, "detour", "改派中")):
        line = page.locator(f"[data-number='{row['number']}']")
        held = line.locator(f"[data-hold={hold}]")
        held.wait_for()
        assert word in line.inner_text()
        assert not held.inner_text().startswith("\u2212")  # it counts up, it is not late
        line.click()
        page.keyboard.press("Enter")
        page.wait_for_selector(f"[data-testid=order-page] [data-testid=hold][data-hold={hold}]")
        running = page.locator("[data-testid=order-page] [data-state=running]").first
        running.get_by_text(word).wait_for()
        page.keyboard.press("Escape")
    line = page.locator(f"[data-number='{active['number']}']")
    assert line.locator("[data-hold]").count() == 0
