"""The outside world of an order, for tests of the whole chain: carrier, site, vehicle, logins."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from gps.terminal import Terminal, location
from tests.harness import RunningPaidan
from tests.people import WAIT_S, Person
from tests.telephony.carrier import InboundCall, Webhook

SITE = (39.9239, 116.3966)
FAR = (39.9293, 116.3966)


def passwords(paidan: RunningPaidan) -> dict[str, str]:
    """Password of each login of the first organisation."""
    lines = (paidan.data_dir / "logins.txt").read_text().splitlines()
    return {one["login"]: one["password"] for one in map(json.loads, lines)}


def carrier_says(paidan: RunningPaidan, webhook: Any) -> httpx.Response:
    return httpx.post(
        paidan.base_url + webhook.path,
        content=webhook.body,
        headers=webhook.headers(paidan.base_url),
        trust_env=False,
        timeout=WAIT_S,
    )


def telephones(paidan: RunningPaidan, agent: Person, call: InboundCall, *more: Webhook) -> str:
    """A caller rings, and more is said of the call. Its id, once the agent's list has it."""
    answer = carrier_says(paidan, call.voice())
    named = re.search("/leg/([0-9a-f-]{36})/", answer.text)
    assert named, answer.text
    for webhook in more:
        assert carrier_says(paidan, webhook).is_success
    return str(agent.listed_call(named[1])["id"])


def file_order(agent: Person, call_id: str | None) -> dict[str, Any]:
    ticket = agent.post(
        "/api/tickets",
        {"call_id": call_id, "caller_name": "王女士", "description": "整栋楼停电"},
    )
    order: dict[str, Any] = agent.post(
        "/api/orders",
        {
            "ticket_id": ticket["id"],
            "fault_code": "no_power_building",
            "place": "景山街道 12 号楼",
            "lat": SITE[0],
            "lon": SITE[1],
            "trade": "low_voltage",
        },
    )
    return order


async def drive(terminal: Terminal, start: datetime) -> None:
    """Stand, drive 600 m to the site, stay there: 55 s of fixes, sent at once.

    The terminal's clock may run ahead by less than a minute, so nothing has to be waited for.
    """
    path = [FAR] * 2
    path += [
        (FAR[0] + (SITE[0] - FAR[0]) * step / 9, FAR[1] + (SITE[1] - FAR[1]) * step / 9)
        for step in range(1, 10)
    ]
    at = start + timedelta(seconds=1)
    for lat, lon in [*path, *[SITE] * 16]:
        moving = (lat, lon) not in (FAR, SITE)
        speed = 118.0 if moving else 0.0
        await terminal.send_location(location(at, lat, lon, speed_kmh=speed, ignition=moving))
        at += timedelta(seconds=2)
    await terminal.wait_acked()


async def to_the_site(paidan: RunningPaidan, identity: str) -> None:
    """The vehicle's terminal connects and drives to the site."""
    async with Terminal(identity) as terminal:
        await terminal.connect(*paidan.jt808)
        await terminal.register()
        await terminal.authenticate()
        assert "工单" in await terminal.next_text()
        await drive(terminal, datetime.now(UTC))
