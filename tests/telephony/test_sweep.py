"""Calls whose last callbacks were lost are asked for, and end at the carrier's own time."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.verify import verify
from core import clock
from core.db import session_factory
from telephony import caller_repository as repository
from telephony.gateway import CallFound, Unreached
from telephony.leg_models import CallLeg
from telephony.models import Call
from telephony.rules import LOOKUP_TIME
from telephony.sweep import Sweeper, due, settle
from tests.telephony.carrier import InboundCall, Webhook
from tests.telephony.test_webhooks import call, client, post

__all__ = ["call", "client", "post"]
Post = Callable[[Webhook], int]


class Ledger:
    """What the carrier knows; it stands for the carrier alone."""

    def __init__(self, found: CallFound | None, *, away: bool = False) -> None:
        self.found = found
        self.away = away
        self.asked: list[str] = []

    def call(self, carrier_call: str) -> CallFound | None:
        self.asked.append(carrier_call)
        if self.away:
            raise Unreached("refused")
        return self.found


def found(call: InboundCall, status: str, ended_at: datetime | None) -> CallFound:
    return CallFound(call.sid, status, call.to_number, call.from_number, call.began, ended_at)


def sweeper(ledger: Ledger) -> Sweeper:
    gateway: Any = ledger
    return Sweeper(gateway, threading.Event())


def later(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """Business goes on by so much for the sweep."""
    at = clock.now() + timedelta(minutes=minutes)
    monkeypatch.setattr("telephony.sweep.now", lambda: at)


def stored() -> Call:
    with session_factory()() as session:
        assert list(verify(session, 1)) == []
        return session.scalars(select(Call)).one()


def test_a_lost_end_is_recovered(
    post: Post, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(call.voice())
    post(call.answered())
    ledger = Ledger(found(call, "completed", call.ended_at))
    assert sweeper(ledger).turn() == 0
    assert ledger.asked == [], "it was heard of a moment ago"
    later(monkeypatch, 6)
    assert sweeper(ledger).turn() == 1
    row = stored()
    assert (row.state, row.stage, row.ended_at) == ("ended", "ended", call.ended_at)
    assert (row.evidence, row.uncertainty_s) == (LOOKUP_TIME, 1.0)
    assert (row.outcome, row.left_in) == ("abandoned", "menu")
    assert due() == []
    with session_factory()() as session:
        assert repository.recovered(session, 1) == 1


def test_a_call_that_goes_on_is_asked_for_again_only_after_a_while(
    post: Post, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(call.voice())
    later(monkeypatch, 6)
    ledger = Ledger(found(call, "in-progress", None))
    turns = sweeper(ledger)
    assert (turns.turn(), turns.turn()) == (0, 0)
    assert len(ledger.asked) == 1
    assert stored().state == "in-progress"
    later(monkeypatch, 12)
    turns.turn()
    assert len(ledger.asked) == 2


def test_the_lost_callback_that_comes_after_all_moves_nothing(
    post: Post, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(call.voice())
    later(monkeypatch, 6)
    sweeper(Ledger(found(call, "completed", call.ended_at))).turn()
    before = stored()
    post(call.completed())
    after = stored()
    assert (after.ended_at, after.evidence) == (before.ended_at, before.evidence)


def test_a_carrier_that_cannot_be_asked_ends_nothing(
    client: httpx.Client, post: Post, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(call.voice())
    post(replace(call, number=2).voice())
    later(monkeypatch, 6)
    ledger = Ledger(None, away=True)
    assert sweeper(ledger).turn() == 0
    assert len(ledger.asked) == 1, "the others wait for the next turn"
    with session_factory()() as session:
        assert {one.state for one in session.scalars(select(CallLeg))} == {"ringing"}


def test_a_call_that_the_carrier_does_not_know_has_failed(
    post: Post, call: InboundCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(call.voice())
    later(monkeypatch, 6)
    [leg] = due()
    assert settle(leg, None, clock.now())
    assert (stored().end_state, stored().outcome) == ("failed", "failed")
