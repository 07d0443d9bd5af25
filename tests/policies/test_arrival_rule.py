"""The rule of arrival is part of the version that an order began under, and stays so."""

from uuid import UUID

import pytest

from api.verify import verify
from core.db import read_session
from core.uow import unit_of_work
from dashboards.order_page import order_page
from sla import repository, versions
from sla.documents import load_policy, shipped_text
from sla.models import SlaTimer
from tests.acts import Acts

BEIJING = load_policy("beijing")


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    return Acts(module_organisation)


def twice_sent(acts: Acts) -> UUID:
    """One crew arrives and gives the order back; the next has just been sent."""
    order_id = acts.file()
    acts.order_act("release", order_id)
    acts.order_act("dispatch", order_id)
    for act in ("accept", "depart", "arrive", "return"):
        acts.crew_act(act, acts.assignment(order_id).id)
    acts.order_act("dispatch", order_id, crew="2")
    return order_id


def of_total(acts: Acts, order_id: UUID) -> SlaTimer:
    with read_session() as session:
        rows = repository.timers_of(session, acts.org_id, [order_id])
    return next(row for row in rows if row.code == "AH")


def page(acts: Acts, order_id: UUID) -> dict[str, str]:
    with read_session() as session:
        found = order_page(session, acts.org_id, order_id, of_total(acts, order_id).starts_at)
    (ticket,) = found["links"]["tickets"]
    return {"promise": found["promise"]["state"], "ticket": ticket["promise"]["state"]}


def test_a_later_version_with_another_rule_changes_no_order_of_before(acts: Acts) -> None:
    before = twice_sent(acts)
    stopped = of_total(acts, before).stopped_at
    assert stopped is not None
    assert page(acts, before) == {"promise": "met", "ticket": "done"}
    text = shipped_text("policies", "beijing").replace(
        f"version = {BEIJING.version}\n", f'version = {BEIJING.version + 1}\narrival = "own"\n'
    )
    with unit_of_work(acts.by("admin")) as uow:
        versions.add_version(uow, text)
    after = twice_sent(acts)
    assert of_total(acts, after).stopped_at is None
    assert page(acts, after) == {"promise": "running", "ticket": "running"}
    acts.crew_act("accept", acts.assignment(before).id, "east-2")  # whatever happens to it later
    assert of_total(acts, before).stopped_at == stopped
    assert page(acts, before) == {"promise": "met", "ticket": "done"}
    with read_session() as session:
        assert list(verify(session, acts.org_id)) == []
