"""The demo city's own carrier: its account, where it is, and the telephones that are at it."""

import json
import os
import socket
from collections.abc import Iterator
from typing import Any

from core.settings import Settings

ACCOUNT = "AC" + "d3" * 16
FILE = "carrier.json"
HERE = ("127.0.0.1", "localhost", "0.0.0.0")  # noqa: S104 - compared
LOOPBACK = "127.0.0.1"
AT_ONCE = "50"
"""Calls and messages a second: what holds a real carrier's accounts back would hide the city."""
KEPT = "3000"
"""Calls, messages and so on that the carrier remembers after they are over."""

CUSTOMERS, STAFF, AGENTS = "+86164", "+86164001", "+86164002"
OUT_OF_REACH = ("10003", "10047", "10091", "10135", "10179")
"""Where the numbers of a few customers begin whose telephones get no short message."""


def settings_of(own: Settings, token: str) -> dict[str, str]:
    """The environment that sets the carrier up; none where a carrier of one's own is set up, or
    the product does not listen on this machine's loopback.
    """
    foreign = own.twilio_auth_token or own.twilio_account_sid or own.asterisk_url
    if foreign or own.host not in HERE:
        return {}
    port = own.demo_carrier_port or free_port()
    return {
        "PAIDAN_DEMO_CARRIER_PORT": str(port),
        "PAIDAN_TWILIO_ACCOUNT_SID": ACCOUNT,
        "PAIDAN_TWILIO_AUTH_TOKEN": token,
        "PAIDAN_TWILIO_API_URL": f"http://{LOOPBACK}:{port}",
        "PAIDAN_CALLS_PER_SECOND": AT_ONCE,
        "PAIDAN_MESSAGES_PER_SECOND": AT_ONCE,
    }


def words_of(own: Settings) -> tuple[str, ...]:
    """How `paidan carrier` is called for it. `write` must have been called."""
    public = own.effective_public_url
    return (
        "carrier",
        *("--port", str(own.demo_carrier_port)),
        *("--scenario", str(own.data_dir.resolve() / FILE)),
        *("--rewrite", f"{public}=http://{LOOPBACK}:{own.port}"),
        *("--calls-per-second", AT_ONCE),
        *("--messages-per-second", AT_ONCE),
        *("--most-requests", "200"),
        *("--keep", KEPT),
    )


def write(own: Settings, hotline: str) -> None:
    """Write down which number asks whom, and how telephones behave that we call."""
    base = f"{own.effective_public_url}/telephony/twilio"
    number = {
        "phone_number": hotline,
        "voice_url": f"{base}/voice",
        "voice_fallback_url": f"{base}/fallback",
        "status_callback": f"{base}/status#rc=5&rp=5xx,ct,rt",
        "sms_url": f"{base}/sms",
    }
    scenario = {"number": [number], "phone": list(_phones())}
    file = own.data_dir / FILE
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(scenario, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(fresh, file)


def _phones() -> Iterator[dict[str, Any]]:
    """The last that matches a number counts."""
    customer = {
        "ring_s": [4, 15],
        "share_lost": 0.15,
        "talk_s": [25, 70],
        "patience_s": [30, 60],
    }
    yield {"number": f"{CUSTOMERS}*", **customer}
    for place, start in enumerate(OUT_OF_REACH):
        error = (30003, 30006)[place % 2]  # switched off; cannot take messages
        no_sms = {"sms": "undelivered", "sms_error": error}
        yield {"number": f"{CUSTOMERS}{start}*", **customer, **no_sms}
    crew = {"keys": ["1"], "think_s": [2, 6], "ring_s": [3, 10], "drop_s": 45}
    yield {"number": f"{STAFF}*", "share_lost": 0.35, **crew}
    yield {"number": f"{AGENTS}*", "ring_s": [4, 12]}


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
