"""How soon the caller is at the agent's screen: from the carrier's webhook to the page's pixels.

    python -m bench.screen_pop [--calls 120] [--customers 2000]

A real `paidan up` with its screens, a generated directory, the carrier simulator as the place where
agents' telephones ring, a real headless Chromium on `/agent` at 1280×720. Callers of known numbers
call one after the other by signed webhooks; each is somebody else.

`by_hand`: an agent without a telephone of ours. Counted from the voice webhook: the call rings.
`switchboard`: an agent whom Paidan connects. Counted from the webhook with the caller's choice, by
which the caller comes to the queue: the agent is reserved and the telephone begins to ring.

The page itself tells when the call is there (`rings`), when customer, premise and line are beside
it (`known`), and when the frame with them is painted (`painted`), by a clock of the same machine.
`answered`: when the carrier has the answer to that webhook. Prints one JSON object, milliseconds
from the sending of that webhook. Needs the built screens (`npm run build`).
"""

import argparse
import csv
import json
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx

from bench.directory_import import files
from bench.hotline import share
from core.clock import now, real_now
from tests.browser_fixtures import FLAGS, WITHOUT_MAP, chromium
from tests.harness import RunningPaidan
from tests.hotline.floor import ACCOUNT, HOTLINE, TOKEN, Wish, running_carrier
from tests.people import Person
from tests.telephony.carrier import InboundCall, Webhook

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHONE = "+861088800001"
WARM = 10
THINK_MS = (300, 1500)
"""From the prompt to the key: chance, so that no rhythm of ours falls in with that of the calls."""
KEYS = ("1", "1")
"""Language, then what the call is about."""
WATCH = """
window.seen = {};
window.waits = {};
const at = () => performance.timeOrigin + performance.now();
const look = () => {
  const row = document.querySelector('[data-testid=call-card]');
  const rings = row && ['waiting', 'offered'].includes(row.dataset.standing);
  if (rings && row.checkVisibility()) window.rings ??= at();
  const found = document.querySelector('[data-testid=customer]');
  const number = found && found.checkVisibility() ? found.dataset.number : null;
  if (!rings || !number || window.seen[number] || !window.waits[number]) return;
  const told = { rings: window.rings, known: at() };
  window.seen[number] = told;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { window.waits[number]({ ...told, painted: at() }); };
    channel.port2.postMessage(null);
  });
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
window.popped = (number) => {
  delete window.rings;
  window.coming = new Promise((done) => { window.waits[number] = done; });
};
"""
"""`popped(number)` begins to look for the customer of this account, `coming` is the answer."""


class Carrier:
    """Calls the hotline as the carrier does."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.web = httpx.Client(base_url=base, trust_env=False, timeout=30)

    def says(self, hook: Webhook) -> str:
        """Send a webhook; the answer."""
        answer = self.web.post(hook.path, content=hook.body, headers=hook.headers(self.base, TOKEN))
        assert answer.is_success, f"{hook.path}: {answer.status_code} {answer.text[:300]}"
        return answer.text

    def presses(self, call: InboundCall, document: str, key: str) -> Webhook:
        """The caller presses a key in this document."""
        action = ElementTree.fromstring(document).findall("Gather")[-1].attrib["action"]
        parts = urlsplit(action)
        params = (*call.voice().with_(CallStatus="in-progress").params, ("Digits", key))
        return Webhook(f"{parts.path}?{parts.query}", params)


def new_call(number: int) -> InboundCall:
    """A customer of the generated directory calls, and hangs up so soon that nobody calls back."""
    return InboundCall(
        number,
        began=now().replace(microsecond=0),
        ring_s=0,
        talk_s=1,
        from_number=f"+8613{number:09}",
        to_number=HOTLINE,
        extra={"AccountSid": ACCOUNT},
    )


def pop(page: "Page", carrier: Carrier, number: int, keys: Sequence[str]) -> dict[str, float]:
    """One call until the customer is at the screen; milliseconds since the last webhook."""
    chance = random.Random(number)
    call = new_call(number)
    hook = call.voice()
    for key in keys:
        hook = carrier.presses(call, carrier.says(hook), key)
        page.wait_for_timeout(chance.uniform(*THINK_MS))
    page.evaluate("account => popped(account)", f"11{number:08}")
    began = real_now().timestamp() * 1000
    carrier.says(hook)
    answered = real_now().timestamp() * 1000
    told: dict[str, float] = page.evaluate("() => window.coming")
    carrier.says(call.completed())
    return {name: at - began for name, at in (told | {"answered": answered}).items()}


def pops(page: "Page", carrier: Carrier, numbers: range, keys: Sequence[str], free: str) -> Any:
    """So many calls one after the other. `free`: what the page shows when the next one may come."""
    found = []
    for number in numbers:
        found.append(pop(page, carrier, number, keys))
        page.wait_for_selector(free)
        page.wait_for_timeout(100)
    return {name: share([one[name] for one in found[WARM:]]) for name in found[0]}


def fill(paidan: RunningPaidan, customers: int) -> None:
    """The directory."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, rows in files(customers).items():
            path = Path(folder, f"{kind}.csv")
            with path.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows(rows)
            done = paidan.command("directory", "import", kind, str(path))
            assert done.returncode == 0, done.stdout + done.stderr


def sit_down(page: "Page", base: str, person: Person) -> None:
    """At the agent's page, following live."""
    token = person.http.cookies["paidan_session"]
    page.context.add_cookies([{"name": "paidan_session", "value": token, "url": base}])
    page.add_init_script(WATCH)
    page.goto(f"{base}/agent")
    page.wait_for_selector("[data-testid=connection][data-state=live]")


def measure(page: "Page", paidan: RunningPaidan, calls: int) -> dict[str, Any]:
    """Both kinds of agents, one after the other."""
    carrier = Carrier(paidan.base_url)
    agent = Person(paidan.base_url, "agent", paidan.logins["agent"])
    lead = Person(paidan.base_url, "lead", paidan.logins["lead"])
    sit_down(page, paidan.base_url, agent)
    first = range(1, 1 + WARM + calls)
    nobody = "[data-testid=calls]:not(:has([data-testid=call][data-standing=waiting]))"
    found = {"by_hand": pops(page, carrier, first, (), nobody)}
    print(json.dumps(found), file=sys.stderr)

    skills = {"skills": {"fault": 5, "general": 5}, "phone": PHONE}
    lead.post(f"/api/agents/{agent.me['user']['id']}", skills)
    agent.post("/api/agent/state", {"state": "available"})
    page.reload()
    free = "[data-testid=my-state][data-state=available]"
    page.wait_for_selector(free)
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    second = range(first.stop, first.stop + WARM + calls)
    found["switchboard"] = pops(page, carrier, second, KEYS, free)
    agent.close()
    lead.close()
    return found


def run(calls: int, customers: int) -> dict[str, Any]:
    """Everything started, then measured."""
    from playwright.sync_api import sync_playwright

    account = {"twilio_auth_token": TOKEN, "twilio_account_sid": ACCOUNT}
    environment = {f"PAIDAN_{name.upper()}": text for name, text in account.items()}
    more = {**account, "calls_per_second": "20"}
    with (
        running_carrier(Wish(speed=1.0, mischief={}), environment) as url,
        RunningPaidan(**more, twilio_api_url=url) as paidan,
        sync_playwright() as playwright,
    ):
        fill(paidan, customers)
        phone = {"number": PHONE, "ring_s": [60, 60]}
        number = {
            "phone_number": HOTLINE,
            "voice_url": f"{paidan.base_url}/telephony/twilio/voice",
        }
        scene = {"number": [number], "phone": [phone]}
        httpx.post(f"{url}/_sim/scenario", json=scene).raise_for_status()
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*FLAGS, *WITHOUT_MAP]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="zh-CN")
        before = os.getloadavg()[0]
        found = measure(page, paidan, calls)
        browser.close()
    return {"machine_load_before": round(before, 1), **found}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--calls", type=int, default=120)
    words.add_argument("--customers", type=int, default=2000)
    told = words.parse_args()
    print(json.dumps(run(told.calls, told.customers), indent=1))


if __name__ == "__main__":
    main()
