"""Files of tickets: what may be attached, how it comes back, and that hiding is not erasing."""

import uuid
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from api.verify import verify
from core.db import read_session
from dispatch.tickets.file_types import MAX_BYTES, MAX_NAME, content_type_of, plain_name
from dispatch.tickets.models import AttachmentContent
from tests.office import Office, query
from tests.people import Person

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
HTML = b"<html><script>alert(1)</script>"


@pytest.fixture
def agent(office: Office) -> Person:
    return office.person("agent")


@pytest.fixture
def ticket_id(agent: Person) -> str:
    return str(agent.post("/api/tickets", {"channel": "web", "description": "没电"})["id"])


def upload(
    agent: Person, ticket_id: str, content: bytes, name: str = "现场.png", key: str | None = None
) -> httpx.Response:
    return agent.http.post(
        f"/api/tickets/{ticket_id}/attachments",
        files={"file": (name, content, "text/html")},
        headers={"Idempotency-Key": key or str(uuid.uuid4())},
    )


def attached(agent: Person, ticket_id: str, content: bytes = PNG) -> dict[str, Any]:
    answer = upload(agent, ticket_id, content)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()["attachments"][-1]
    return row


def test_a_file_comes_back_as_it_was_and_harmless(agent: Person, ticket_id: str) -> None:
    row = attached(agent, ticket_id)
    assert (row["name"], row["content_type"], row["size"]) == ("现场.png", "image/png", len(PNG))
    answer = agent.http.get(f"/api/tickets/{ticket_id}/attachments/{row['id']}")
    assert answer.content == PNG
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["content-disposition"].startswith("inline; filename*=UTF-8''")


def test_what_cannot_be_shown_is_offered_as_a_download(agent: Person, ticket_id: str) -> None:
    row = attached(agent, ticket_id, b"%PDF-1.7 ...")
    answer = agent.http.get(f"/api/tickets/{ticket_id}/attachments/{row['id']}")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (HTML, 422, "invalid_field"),
        (b"", 422, "invalid_field"),
        (PNG + b"\x00" * MAX_BYTES, 413, "file_too_large"),
        (PNG + b"\x00" * (MAX_BYTES + 200_000), 413, "too_large"),
    ],
)
def test_what_is_refused(
    agent: Person, ticket_id: str, content: bytes, status: int, code: str
) -> None:
    answer = upload(agent, ticket_id, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_sent_twice_it_is_there_once(agent: Person, ticket_id: str) -> None:
    key = str(uuid.uuid4())
    first, second = (upload(agent, ticket_id, PNG + b"once", key=key) for _ in range(2))
    assert first.json() == second.json()
    assert len(first.json()["attachments"]) == 1
    attached(agent, ticket_id, PNG + b"once")
    count = select(func.count()).select_from(AttachmentContent)
    before = query(lambda session: session.execute(count).scalar_one())
    attached(agent, ticket_id, PNG + b"once")
    assert query(lambda session: session.execute(count).scalar_one()) == before


def test_a_hidden_file_is_kept_and_shown_to_nobody(agent: Person, ticket_id: str) -> None:
    row = attached(agent, ticket_id, PNG + b"hidden")
    path = f"/api/tickets/{ticket_id}/attachments/{row['id']}"
    page = agent.post(f"{path}/hide", {"reason": "wrong_file"})
    assert [one["hidden"] for one in page["attachments"]] == [True]
    assert agent.http.get(path).status_code == 404
    count = select(func.count()).select_from(AttachmentContent)
    assert query(lambda session: session.execute(count).scalar_one()) > 0


def test_a_file_of_another_ticket_is_not_found(agent: Person, ticket_id: str) -> None:
    row = attached(agent, ticket_id)
    other = agent.post("/api/tickets", {"channel": "web", "description": "没电"})["id"]
    assert agent.http.get(f"/api/tickets/{other}/attachments/{row['id']}").status_code == 404


@given(st.binary(max_size=40))
def test_no_content_of_unknown_kind_gets_a_type(content: bytes) -> None:
    found = content_type_of(content)
    assert found is None or found.split("/")[0] in ("image", "audio", "video", "application")
    assert content_type_of(HTML + content) is None


@given(st.text(max_size=300))
def test_a_name_is_safe_in_a_header(name: str) -> None:
    plain = plain_name(name)
    assert 0 < len(plain) <= MAX_NAME
    assert not set(plain) & set('/\\"\r\n\x00')


def test_the_facts_hold_together(agent: Person) -> None:
    with read_session() as session:
        assert list(verify(session, 1)) == []
