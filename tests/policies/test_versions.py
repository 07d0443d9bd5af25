"""Policies as rows: importing, confirming, effective dates, what a process remembers."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from api.verify import verify
from core.clock import now as clock_now
from core.db import read_session, session_factory
from core.errors import NotFound
from core.identity import system_actor
from core.ids import new_id
from core.models import Event
from core.uow import unit_of_work
from sla import service, versions
from sla.book import Kept
from sla.documents import PolicyInvalid, load_policy, shipped_text
from sla.facts import Facts
from sla.models import SlaCase, SlaPolicy
from tests.history.organisations import make_organisation

T0 = clock_now().replace(microsecond=0)
TOWN = Facts(area_class="urban", kind="fault_repair")
COMPLAINT = Facts(kind="complaint", channel="web")
BEIJING = shipped_text("policies", "beijing")
NOW = load_policy("beijing").version
NEXT = NOW + 1


@pytest.fixture
def org(database: str) -> int:
    return make_organisation()


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def changed(version: int, text: str = BEIJING, **parts: str) -> str:
    """The text with another version and with other words in place of some."""
    text = text.replace(f"version = {NOW}", f"version = {version}")
    for old, new in parts.items():
        text = text.replace(old, new)
    return text


def add(org_id: int, text: str, hours: float = 0, **more: Any) -> Kept:
    with unit_of_work(system_actor(org_id, "test"), now=at(hours)) as uow:
        return versions.add_version(uow, text, **more)


def chosen(org_id: int, facts: Facts = TOWN, hours: float = 0, covers: Any = "order") -> str | None:
    with read_session() as session:
        found = versions.choose(session, org_id, covers, facts, at(hours))
    return f"{found.code}@{found.version}" if found else None


def standings(org_id: int, code: str, hours: float = 0) -> list[str]:
    with read_session() as session:
        book = versions.book_of(session, org_id)
        return [book.standing(kept, at(hours)) for kept in book.policies[code]]


def facts_of(code: str) -> list[str]:
    with read_session() as session:
        query = select(Event.type).where(Event.stream_id == versions.stream_id("policy", code))
        return list(session.scalars(query.order_by(Event.seq)))


def test_what_comes_with_paidan_holds_without_a_row(org):
    assert chosen(org) == f"beijing@{NOW}"
    assert (
        chosen(org, Facts(kind="fault_repair", customer_class="first")) == "important_customers@2"
    )
    assert chosen(org, COMPLAINT, covers="ticket") == "complaints@1"
    assert chosen(org, Facts(kind="enquiry"), covers="ticket") == "answers@1"
    with read_session() as session:
        assert session.scalars(select(SlaPolicy)).all() == []


def test_an_order_keeps_the_version_it_began_under(org):
    add(org, changed(NEXT), effective_from=at(1))
    assert (chosen(org), chosen(org, hours=1)) == (f"beijing@{NOW}", f"beijing@{NEXT}")
    cases = []
    for hours in (0.5, 1.5):
        with unit_of_work(system_actor(org, "test"), now=at(hours)) as uow:
            policy = versions.choose(uow.session, org, "order", TOWN, uow.now)
            assert policy is not None
            cases.append(service.open_case(uow, new_id(), policy, uow.now).id)
    with read_session() as session:
        rows = [session.get_one(SlaCase, (org, one)) for one in cases]
        assert [service.policy_of(row).version for row in rows] == [NOW, NEXT]
    assert [service.policy_of(row).version for row in rows] == [NOW, NEXT]  # out of the session too
    assert standings(org, "beijing", 0)[-2:] == ["in_force", "future"]
    assert standings(org, "beijing", 2)[-2:] == ["superseded", "in_force"]


def test_the_text_that_something_began_under_is_kept(org):
    for _ in range(2):
        with unit_of_work(system_actor(org, "test"), now=T0) as uow:
            policy = versions.choose(uow.session, org, "order", TOWN, uow.now)
            assert policy is not None
            service.open_case(uow, new_id(), policy, uow.now)
    with read_session() as session:
        (row,) = session.scalars(select(SlaPolicy))
        assert (row.code, row.document) == ("beijing", BEIJING)
    assert facts_of("beijing") == ["policy.version_added"]


def test_at_once_is_later_than_what_held_before(org):
    add(org, changed(NEXT), effective_from=at(-1))
    add(org, changed(NEXT + 1))
    assert (chosen(org, hours=-0.5), chosen(org)) == (f"beijing@{NEXT}", f"beijing@{NEXT + 1}")


def test_a_version_never_changes(org):
    add(org, changed(NEXT))
    assert add(org, changed(NEXT)).policy.version == NEXT  # the same again is no change
    with pytest.raises(versions.PolicyVersionTaken, match=f"take version {NEXT + 1}"):
        add(org, changed(NEXT, **{"limit_s = 120": "limit_s = 180"}))
    with pytest.raises(versions.PolicyVersionTaken, match=f"take version {NEXT + 1}"):
        add(org, changed(NOW, **{"limit_s = 120": "limit_s = 180"}))
    assert facts_of("beijing") == ["policy.version_added"]
    for statement in (
        update(SlaPolicy).values(document="other"),
        update(SlaPolicy).values(version=9),
        text("DELETE FROM sla_policy"),
    ):
        with session_factory()() as session, pytest.raises(DatabaseError, match="kept as it is"):
            session.execute(statement)


def test_doubtful_figures_wait_for_a_person(org):
    assert standings(org, "enquiries") == ["waiting"]
    with unit_of_work(system_actor(org, "test"), now=T0) as uow:
        with pytest.raises(versions.PolicyUnconfirmed, match="Answer"):
            versions.switch(uow, "enquiries", 1, on=True)
        versions.confirm(uow, "enquiries", 1)
        versions.confirm(uow, "enquiries", 1)
    assert standings(org, "enquiries") == ["in_force"]
    assert chosen(org, Facts(kind="enquiry"), covers="ticket") == "enquiries@1"
    assert facts_of("enquiries") == ["policy.version_added", "policy.confirmed"]
    doubtful = changed(NEXT, **{'confidence = "seed"': 'confidence = "memory"'})
    assert add(org, doubtful, enabled=True).enabled is False
    assert standings(org, "beijing")[-2:] == ["in_force", "waiting"]
    assert chosen(org) == f"beijing@{NOW}"


def test_a_version_is_switched_off_and_on(org):
    add(org, changed(NEXT))
    assert chosen(org) == f"beijing@{NEXT}"
    for on, expected in ((False, f"beijing@{NOW}"), (True, f"beijing@{NEXT}")):
        with unit_of_work(system_actor(org, "test"), now=T0) as uow:
            versions.switch(uow, "beijing", NEXT, on=on)
            versions.switch(uow, "beijing", NEXT, on=on)
        assert chosen(org) == expected
    assert facts_of("beijing")[1:] == ["policy.disabled", "policy.enabled"]
    with unit_of_work(system_actor(org, "test"), now=T0) as uow, pytest.raises(NotFound):
        versions.switch(uow, "beijing", 7, on=True)


class GoneWrongError(Exception):
    """What a use case meets after its change."""


def _rolled_back(org_id: int) -> None:
    with unit_of_work(system_actor(org_id, "test"), now=T0) as uow:
        versions.add_version(uow, changed(NEXT))
        assert versions.book_of(uow.session, org_id).version("beijing", NEXT) is not None
        raise GoneWrongError


def test_what_was_rolled_back_is_not_remembered(org):
    with pytest.raises(GoneWrongError):
        _rolled_back(org)
    assert chosen(org) == f"beijing@{NOW}"
    add(org, changed(NEXT, **{"limit_s = 120": "limit_s = 180"}))  # takes the same revision number
    with read_session() as session:
        found = versions.version_of(session, org, "beijing", NEXT)
    assert found.segments[0].limits[0].limit_s == 180


def test_another_transaction_sees_a_change_with_its_commit(org):
    assert chosen(org) == f"beijing@{NOW}"
    with unit_of_work(system_actor(org, "test"), now=T0) as uow:
        versions.add_version(uow, changed(NEXT))
        assert chosen(org) == f"beijing@{NOW}"
    assert chosen(org) == f"beijing@{NEXT}"


def test_organisations_have_policies_of_their_own(org):
    other = make_organisation(2)
    add(org, changed(NEXT))
    assert (chosen(org), chosen(other)) == (f"beijing@{NEXT}", f"beijing@{NOW}")


def test_a_wrong_text_is_refused_with_its_lines(org):
    wrong = changed(
        NEXT, **{'from = "G"': 'from = "X"', 'zh = "行驶", en = "Travel"': 'zh = "行驶"'}
    )
    with pytest.raises(PolicyInvalid, match=r"line \d+: segments\.6\.name\.en"):
        add(org, wrong)
    with pytest.raises(PolicyInvalid, match=r"line \d+: calendar: there is no calendar mars"):
        add(org, changed(NEXT, **{"priority = 10": 'priority = 10\ncalendar = "mars"'}))
    with pytest.raises(PolicyInvalid, match="line 1: document"):
        add(org, "nothing here")


def test_a_holiday_of_ones_own_moves_what_is_counted(org):
    complaint = datetime.fromisoformat("2026-03-02T02:00:00+00:00")  # a Monday
    china = shipped_text("calendars", "china")

    def due() -> datetime:
        with read_session() as session:
            policy = versions.version_of(session, org, "complaints", 1)
        (limit,) = policy.goals[1].limits
        return policy.days.due(complaint, limit.length)

    before = due()
    own = china.replace(
        '  { name = { zh = "清明节", en = "Tomb-sweeping Day" }, from = 2026-04-04',
        '  { name = { zh = "司庆", en = "Our day" }, from = 2026-03-04, to = 2026-03-04 },\n'
        '  { name = { zh = "清明节", en = "Tomb-sweeping Day" }, from = 2026-04-04',
    )
    with unit_of_work(system_actor(org, "test"), now=T0) as uow:
        assert versions.add_calendar(uow, own, "our day").version == 2
        assert versions.add_calendar(uow, own).version == 2
    assert due() == before + timedelta(days=3)  # a Friday moves over its weekend


def findings(org_id: int) -> list[str]:
    with read_session() as session:
        return list(verify(session, org_id))


def tamper(statement: str) -> None:
    with session_factory()() as session:
        session.execute(text("ALTER TABLE sla_policy DISABLE TRIGGER USER"))
        session.execute(text(statement))
        session.execute(text("ALTER TABLE sla_policy ENABLE TRIGGER USER"))
        session.commit()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE sla_policy SET document = document || ' '", "digest"),
        ("UPDATE sla_policy SET enabled = false", "enabled"),
        ("UPDATE sla_policy SET confirmed_at = NULL", "confirmed_at"),
        ("UPDATE sla_policy SET effective_from = now()", "effective_from"),
        ("DELETE FROM sla_policy", "the row is missing"),
        ("UPDATE sla_policy SET version = version + 1", "it has no event"),
    ],
)
def test_verify_rebuilds_versions_from_their_facts(org, statement, named):
    with unit_of_work(system_actor(org, "test"), now=T0) as uow:
        versions.confirm(uow, "enquiries", 1)
    assert findings(org) == []
    tamper(statement)
    assert any("policy" in one and named in one for one in findings(org))
