"""Notices that leave the house: to a real webhook and a real mail server, and when they fail."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_string
from email.header import decode_header, make_header
from uuid import UUID

import pytest
import structlog
from sqlalchemy import select, update

from api import jobs as rq_jobs
from core.clock import real_now
from core.db import session_factory
from core.models import Outbox
from dispatch.notices import jobs
from dispatch.notices.channels import AppriseChannel, channel_called
from dispatch.notices.models import Notice
from dispatch.notices.port import Message, NotSent, Unavailable
from dispatch.orders.models import Order
from sla.models import SlaLadder
from sla.policy import Name
from tests.acts import Acts
from tests.dispatch.notice_servers import MailServer, Robot, mail_server, robot
from tests.dispatch.test_escalation import Case
from tests.engine_fixtures import forget_settings
from tests.office import query

SECRET = "tok3n-of-the-robot"
MESSAGE = Message("not_accepted.3", Name(zh="派单 1", en="Paidan 1"), Name(zh="请处理", en="act"))


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    return Acts(module_organisation)


@pytest.fixture
def hook() -> Iterator[Robot]:
    with robot() as kept:
        yield kept


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with mail_server() as kept:
        yield kept


def set_up(patch: pytest.MonkeyPatch, channel: str, *urls: str) -> None:
    patch.setenv(f"PAIDAN_NOTIFY_{channel.upper()}_URLS", " ".join(urls))
    patch.setenv("PAIDAN_NOTIFY_TIMEOUT_SECONDS", "0.5")
    forget_settings()


def asked(acts: Acts, channel: str) -> Notice:
    """A notice that waits for its worker; the step of the supervisor has all channels."""
    case = Case(acts)
    for seconds in (0, 120, 240, 360):
        case.after(seconds)
    return next(one for one in reversed(case.notices()) if one.channel == channel)


def now_is(notice: Notice) -> Notice:
    return query(lambda session: session.get_one(Notice, (notice.org_id, notice.id)))


def outbox_of(notice: Notice) -> Outbox:
    return query(lambda session: session.get_one(Outbox, (notice.org_id, notice.id)))


def tried(notice: Notice) -> None:
    """As the worker does it: what fails goes back to the outbox."""
    rq_jobs.run_job(notice.id, notice.org_id, "notice.send", {}, "test")


def test_a_robot_is_told_in_both_languages_once(
    acts: Acts, hook: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, "robot", hook.url)
    notice = asked(acts, "robot")
    for _ in range(2):  # a worker may get it twice
        tried(notice)
    (body,) = map(json.loads, hook.got)
    number = query(lambda session: session.get_one(Order, (1, notice.case_id)).number)
    assert number in body["title"]
    assert f"工单 {number}" in body["message"]
    assert f"Order {number}" in body["message"]
    row = now_is(notice)
    assert (row.state, row.tries, row.reason) == ("sent", 1, None)
    assert outbox_of(notice).done_at is not None


def test_a_mailbox_gets_it(
    acts: Acts, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, "mail", mailbox.url)
    notice = asked(acts, "mail")
    tried(notice)
    assert now_is(notice).state == "sent"
    (text,) = mailbox.got
    message = message_from_string(text)
    assert message["To"] == "duty@grid.example"
    assert "Paidan" in str(make_header(decode_header(message["Subject"])))


def test_a_robot_that_recovers_is_told_by_a_later_try(
    acts: Acts, hook: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, "robot", hook.url)
    hook.answers += [500, 503]
    notice = asked(acts, "robot")
    for state in ("waiting", "waiting", "sent"):
        tried(notice)
        assert now_is(notice).state == state
    assert (now_is(notice).tries, len(hook.got)) == (3, 1)


def test_what_fails_for_good_ends_visibly_after_four_tries(
    acts: Acts, hook: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, "robot", hook.url)
    hook.answers += [500] * 20
    notice = asked(acts, "robot")
    for _ in range(6):
        tried(notice)
    row = now_is(notice)
    assert (row.state, row.reason, row.tries) == ("failed", "refused", 4)
    assert len(hook.answers) == 16
    assert outbox_of(notice).done_at is not None


def test_between_tries_the_outbox_waits_longer_each_time(
    acts: Acts, hook: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, "robot", hook.url)
    hook.answers += [500]
    notice = asked(acts, "robot")
    with session_factory()() as session:
        session.execute(update(Outbox).where(Outbox.id == notice.id).values(attempts=2))
        session.commit()
    before = real_now()
    tried(notice)
    row = outbox_of(notice)
    assert row.done_at is None
    assert row.due_at - before >= timedelta(seconds=4)
    assert row.last_error == "TryAgain: refused"


def test_only_the_address_that_failed_is_tried_again(
    acts: Acts, hook: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with robot() as other:
        set_up(monkeypatch, "robot", hook.url, other.url)
        other.answers += [500]
        notice = asked(acts, "robot")
        tried(notice)
        assert (len(hook.got), len(other.got), now_is(notice).state) == (1, 0, "waiting")
        tried(notice)
        assert (len(hook.got), len(other.got), now_is(notice).state) == (1, 1, "sent")


def test_a_mail_server_that_refuses_is_a_failure(mailbox: MailServer) -> None:
    mailbox.refuses = True
    with pytest.raises(NotSent) as refused:
        AppriseChannel([mailbox.url], 0.5).send(MESSAGE, 0)
    assert refused.value.again


def test_a_silent_server_costs_no_more_than_the_timeout(hook: Robot) -> None:
    hook.answers += [0]
    with pytest.raises(NotSent):  # the server would keep it waiting until this test is over
        AppriseChannel([hook.url], 0.3).send(MESSAGE, 0)


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(NotSent) as failed:
        AppriseChannel([f"json://127.0.0.1:{port}"], 0.5).send(MESSAGE, 0)
    assert failed.value.again


def test_an_address_that_is_none_is_not_tried_again() -> None:
    with pytest.raises(NotSent) as failed:
        AppriseChannel(["nothing-like-this://x"], 0.5).send(MESSAGE, 0)
    assert (failed.value.reason, failed.value.again) == ("address_not_valid", False)


def test_secrets_are_in_no_log_and_no_error(
    acts: Acts,
    hook: Robot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up(monkeypatch, "robot", f"{hook.url}/{SECRET}", f"json://u:{SECRET}@127.0.0.1:1/")
    hook.answers += [500]
    caplog.set_level("DEBUG")
    notice = asked(acts, "robot")
    with structlog.testing.capture_logs() as lines:
        tried(notice)
    seen = caplog.text + str(lines) + "".join(capsys.readouterr()) + str(outbox_of(notice).__dict__)
    assert "TryAgain" in seen
    assert SECRET not in seen


def test_what_is_not_set_up_says_so(acts: Acts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIDAN_NOTIFY_ROBOT_URLS", raising=False)
    forget_settings()
    for name in ("voice", "sms", "robot", "mail"):
        with structlog.testing.capture_logs() as lines, pytest.raises(Unavailable):
            channel_called(name).send(MESSAGE, 0)
        assert [(one["event"], one["channel"]) for one in lines] == [
            ("notice_without_channel", name)
        ]


def test_a_try_that_somebody_is_at_is_left_alone_and_one_that_died_is_made_again(
    acts: Acts, hook: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, "robot", hook.url)
    notice = asked(acts, "robot")
    begin(notice, real_now())
    jobs.send(notice.id, notice.org_id, {})
    assert (hook.got, now_is(notice).state) == ([], "sending")
    begin(notice, real_now() - timedelta(minutes=5))
    jobs.send(notice.id, notice.org_id, {})
    assert (len(hook.got), now_is(notice).state) == (1, "sent")


def begin(notice: Notice, at: object) -> None:
    with session_factory()() as session:
        values = {"state": "sending", "sending_at": at}
        session.execute(update(Notice).where(Notice.id == notice.id).values(values))
        session.commit()


def test_who_took_note_in_the_meantime_is_not_told(
    acts: Acts, hook: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, "robot", hook.url)
    notice = asked(acts, "robot")
    acts.order_act("accept", notice.case_id)
    assert ladder(notice.ladder_id).cause == "reached"
    tried(notice)
    assert (hook.got, now_is(notice).state) == ([], "cancelled")


def ladder(id_: UUID | None) -> SlaLadder:
    wanted = select(SlaLadder).where(SlaLadder.id == id_)
    return query(lambda session: session.scalars(wanted).one())
