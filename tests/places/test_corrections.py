"""The crew corrects the place: order, arrival circle, directory, log."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import select, text

from core.db import engine, read_session, session_factory
from core.errors import NotFound
from core.ids import new_id
from core.models import Event
from core.rights import Scope
from core.uow import unit_of_work
from dispatch.directory.models import Customer, NetworkNode, Premise, ServicePoint
from dispatch.orders import service as orders
from dispatch.orders.models import Location
from dispatch.orders.service import NewOrder
from dispatch.places import corrections, repository
from dispatch.places.corrections import ProposalDecided
from dispatch.places.filing import Said, placed
from dispatch.places.models import PlaceProposal
from dispatch.places.rules import arrival_radius
from dispatch.starter import ORG_ID
from gps.models import Watch
from tests.acts import Acts
from tests.office import query
from tests.people import WAIT_S
from tests.places.scene import (
    NEW,
    OLD,
    correct,
    file_at,
    page,
    under_way,
    verified,
)


def known_premise(at: tuple[float | None, float | None] = OLD) -> tuple[UUID, UUID]:
    """A customer with one premise; ids of both."""
    customer, premise = new_id(), new_id()
    with session_factory()() as session:
        session.add(
            Customer(
                org_id=ORG_ID,
                id=customer,
                number=str(customer.int % 10**10),
                name_zh="王某",
                importance="ordinary",
            )
        )
        session.add(
            Premise(
                org_id=ORG_ID,
                id=premise,
                code=f"P{premise.int % 10**8}",
                address_zh="景山街道 12 号楼",
                area_class="urban",
                lat=at[0],
                lon=at[1],
            )
        )
        session.flush()
        session.add(
            ServicePoint(
                org_id=ORG_ID,
                id=new_id(),
                customer_id=customer,
                premise_id=premise,
                meter=f"M{premise.int % 10**8}",
            )
        )
        session.commit()
    return customer, premise


def located(order_id: UUID) -> list[Location]:
    return query(lambda session: repository.locations_of(session, ORG_ID, order_id))


def proposals(state: str = "open") -> list[PlaceProposal]:
    wanted = select(PlaceProposal).where(PlaceProposal.state == state)
    return query(lambda session: list(session.scalars(wanted)))


def watch_of(assignment_id: UUID) -> Watch:
    wanted = select(Watch).where(Watch.assignment_id == assignment_id)
    return query(lambda session: session.scalars(wanted).one())


def test_a_correction_moves_the_order_and_keeps_the_old_point(acts: Acts) -> None:
    order_id = file_at(acts)
    assignment_id = under_way(acts, order_id)
    correct(acts, assignment_id, uncertainty_m=9.0, note="后院第二根电杆")
    old, new = located(order_id)
    assert (old.lat, old.lon, old.source) == (*OLD, "map_pin")
    assert (new.lat, new.lon, new.source, new.uncertainty_m) == (*NEW, "crew", 9.0)
    assert (new.place, new.note) == (old.place, "后院第二根电杆")
    row = page(order_id)["order"]
    assert (row["lat"], row["place_source"], row["uncertainty_m"]) == (NEW[0], "crew", 9.0)
    told = [one for one in page(order_id)["history"] if one["type"] == "order.located"]
    assert [one["detail"]["lat"] for one in told] == [NEW[0]]
    wanted = select(Event.payload).where(Event.type == "order.located")
    [payload] = query(lambda session: list(session.scalars(wanted)))
    assert "后院" not in str(payload)
    assert verified() == []


def test_the_circle_moves_at_once(acts: Acts) -> None:
    order_id = file_at(acts)
    assignment_id = under_way(acts, order_id)
    before = watch_of(assignment_id)
    assert (before.lat, before.radius_m) == (OLD[0], arrival_radius(50.0))
    correct(acts, assignment_id, uncertainty_m=10.0)
    after = watch_of(assignment_id)
    assert (after.lat, after.lon, after.radius_m) == (*NEW, arrival_radius(10.0))
    assert after.created_at == before.created_at


def test_what_was_corrected_before_the_start_is_watched_from_the_start(acts: Acts) -> None:
    order_id = file_at(acts)
    acts.order_act("release", order_id)
    acts.order_act("dispatch", order_id)
    assignment_id = acts.assignment(order_id).id
    correct(acts, assignment_id)
    acts.crew_act("accept", assignment_id)
    assert (watch_of(assignment_id).lat, watch_of(assignment_id).lon) == NEW


def test_a_small_difference_is_no_news_for_the_directory(acts: Acts) -> None:
    _, premise = known_premise()
    order_id = file_at(acts, premise)
    assignment_id = under_way(acts, order_id)
    correct(acts, assignment_id, (OLD[0] + 0.0001, OLD[1]))
    assert proposals() == []
    assert len(located(order_id)) == 2


def test_a_proposal_is_accepted_and_the_directory_follows(acts: Acts) -> None:
    _, premise = known_premise()
    order_id = file_at(acts, premise)
    assert located(order_id)[0].source == "premise"
    correct(acts, under_way(acts, order_id))
    [proposal] = proposals()
    assert (proposal.subject, proposal.subject_id) == ("premise", premise)
    assert proposal.distance_m == pytest.approx(1000, abs=10)
    assert (proposal.old_lat, proposal.old_lon) == OLD
    with unit_of_work(acts.by("supervisor")) as uow:
        corrections.accept(uow, proposal.id)
    found = query(lambda session: session.get_one(Premise, (ORG_ID, premise)))
    assert (found.lat, found.lon) == NEW
    [accepted] = proposals("accepted")
    assert accepted.decided_by == acts.by("supervisor").user_id
    with pytest.raises(ProposalDecided), unit_of_work(acts.by("lead")) as uow:
        corrections.refuse(uow, proposal.id, "other")
    assert verified() == []


def test_a_refused_proposal_leaves_the_directory_and_a_newer_one_replaces(acts: Acts) -> None:
    _, premise = known_premise()
    order_id = file_at(acts, premise)
    assignment_id = under_way(acts, order_id)
    correct(acts, assignment_id)
    correct(acts, assignment_id, (39.95, 116.41))
    [newer] = proposals()
    assert len(proposals("superseded")) == 1
    assert newer.lat == 39.95
    with unit_of_work(acts.by("lead")) as uow:
        corrections.refuse(uow, newer.id, "directory_right")
    found = query(lambda session: session.get_one(Premise, (ORG_ID, premise)))
    assert (found.lat, found.lon) == OLD
    assert verified() == []


def test_two_crews_at_one_premise_propose_one_after_the_other(acts: Acts) -> None:
    """Neither is refused, and the later one replaces the earlier one."""
    _, premise = known_premise()
    orders_there = [file_at(acts, premise) for _ in range(2)]
    first, second = (under_way(acts, one) for one in orders_there)
    mine = acts.access(Scope.CREW, "east-1")
    with ThreadPoolExecutor(1) as other:
        with unit_of_work(acts.by("east.crew1")) as uow:
            corrections.correct_place(uow, first, mine, lat=NEW[0], lon=NEW[1])
            uow.flush()
            later = other.submit(correct, acts, second, (39.95, 116.41))
            somebody_waits()
        later.result()
    assert [one.lat for one in proposals()] == [39.95]
    assert len(proposals("superseded")) == 1
    assert verified() == []


def somebody_waits() -> None:
    """Until another transaction waits for a lock of ours."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    limit = time.monotonic() + WAIT_S
    with engine().connect() as connection:
        while not connection.execute(waiting).scalar_one():
            connection.rollback()  # the view is one snapshot per transaction
            assert time.monotonic() < limit, "nobody waits"


def test_a_premise_without_a_point_gets_one(acts: Acts) -> None:
    customer, premise = known_premise((None, None))
    order_id = file_at(acts, None, customer_id=customer)
    correct(acts, under_way(acts, order_id))
    [proposal] = proposals()
    assert proposal.subject_id == premise
    assert proposal.distance_m is None


def test_a_pole_is_corrected_where_the_order_was_found_by_it(acts: Acts) -> None:
    node = new_id()
    with session_factory()() as session:
        session.add(
            NetworkNode(
                org_id=ORG_ID,
                id=node,
                kind="pole",
                code="G-17",
                name_zh="17 号杆",
                name_en="Pole 17",
                lat=OLD[0],
                lon=OLD[1],
            )
        )
        session.commit()
    with read_session() as session:
        where = placed(session, ORG_ID, Said("remote", node="g-17"))
    assert (where.source, where.uncertainty_m, where.node_id) == ("pole", 20.0, node)
    with unit_of_work(acts.by("agent")) as uow:
        order_id = orders.file_order(
            uow,
            NewOrder(
                acts.ticket(),
                "no_power",
                "杆",
                "remote",
                0,
                "any",
                where.lat,
                where.lon,
                where.source,
                where.uncertainty_m,
                node_id=where.node_id,
            ),
        )
    correct(acts, under_way(acts, order_id))
    [proposal] = proposals()
    assert (proposal.subject, proposal.subject_id) == ("node", node)
    with unit_of_work(acts.by("admin")) as uow:
        corrections.accept(uow, proposal.id)
    found = query(lambda session: session.get_one(NetworkNode, (ORG_ID, node)))
    assert (found.lat, found.lon) == NEW


def test_another_crew_does_not_know_the_assignment(acts: Acts) -> None:
    assignment_id = under_way(acts, file_at(acts))
    with pytest.raises(NotFound):
        correct(acts, assignment_id, crew="east-2")


def test_verify_sees_a_point_that_was_moved_behind_the_log(acts: Acts) -> None:
    order_id = file_at(acts)
    correct(acts, under_way(acts, order_id))
    with session_factory()() as session:
        row = session.get_one(Location, (ORG_ID, located(order_id)[-1].id))
        row.lat = 39.9
        session.commit()
    assert any(".lat: the events say" in finding for finding in verified())
