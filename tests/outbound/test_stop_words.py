"""A short message that says stop makes no ticket; an agent sees it and undoes it."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import func, select

from core.identity import system_actor
from core.settings import settings
from core.uow import unit_of_work
from dispatch.tickets.models import Ticket
from telephony.message_repository import set_language
from tests.office import Office, query
from tests.people import visitor
from tests.telephony.carrier import CALLER
from tests.tickets.test_submissions import message, sms


@pytest.fixture
def carrier(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("PAIDAN_PUBLIC_URL", office.url)
    settings.cache_clear()
    with visitor(office.url) as client:
        yield client
    settings.cache_clear()


def tickets() -> int:
    count = select(func.count()).select_from(Ticket)
    return query(lambda session: session.execute(count).scalar_one())


def test_stop_is_no_ticket_and_an_agent_undoes_it(carrier: httpx.Client, office: Office) -> None:
    agent = office.person("agent")
    for _ in range(2):  # the carrier may deliver it twice
        answer = sms(carrier, message(7, "退订"), office.url)
        assert "已退订" in answer.text
    assert tickets() == 0
    rows = agent.get("/api/suppressions")
    assert {(one["number"], one["scope"], one["source"]) for one in rows} == {
        (CALLER, "notice", "word"), (CALLER, "marketing", "word"),
    }  # fmt: skip
    for one in rows:
        agent.post(f"/api/suppressions/{one['id']}/remove")
    assert agent.get("/api/suppressions") == []
    assert "已恢复" in sms(carrier, message(8, "恢复"), office.url).text
    assert tickets() == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [("ＳＴＯＰ", "Notices are stopped"), ("ＴＤ", "已退订"), ("start", "Notices are on again")],
)
def test_wide_letters_stop_too_and_the_answer_is_in_the_language_of_the_word(
    carrier: httpx.Client, office: Office, text: str, says: str
) -> None:
    assert says in sms(carrier, message(20, text), office.url).text
    assert tickets() == 0


@pytest.mark.parametrize("text", ["", "  ", "　\n"])
def test_a_message_without_words_makes_no_ticket(
    carrier: httpx.Client, office: Office, text: str
) -> None:
    answer = sms(carrier, message(30, text), office.url)
    assert answer.status_code == 200
    assert "未受理" in answer.text
    assert tickets() == 0


def test_the_answer_is_in_the_language_that_was_said_for_the_number(
    carrier: httpx.Client, office: Office
) -> None:
    with unit_of_work(system_actor(1, "test")) as uow:
        set_language(uow.session, 1, CALLER, "en", uow.now)
    try:
        assert "has no words" in sms(carrier, message(31, ""), office.url).text
        assert "Notices are on" in sms(carrier, message(32, "恢复"), office.url).text
    finally:
        with unit_of_work(system_actor(1, "test")) as uow:
            set_language(uow.session, 1, CALLER, "zh-CN", uow.now)
