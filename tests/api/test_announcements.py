"""An emergency announcement: one at a time, on and off by those who may, told to callers."""

from api.verify import verify
from core.db import read_session
from dispatch.starter import ORG_ID
from telephony.caller_repository import emergency
from tests.office import Office

WORDS = {"zh": "台风红色预警，抢修可能延迟。", "en": "Typhoon warning: repairs may be delayed."}
PATH = "/api/announcement"


def heard() -> dict[str, str] | None:
    with read_session() as session:
        assert list(verify(session, ORG_ID)) == []
        return emergency(session, ORG_ID)


def test_a_supervisor_turns_it_on_and_off(office: Office) -> None:
    supervisor, agent = office.person("supervisor"), office.person("agent")
    assert agent.get(PATH) is None
    first = supervisor.post(PATH, WORDS)
    assert supervisor.post(PATH, WORDS)["id"] == first["id"], "the same words are on already"
    assert heard() == WORDS
    second = supervisor.post(PATH, {"zh": "第二条", "en": "The second"})
    assert second["id"] != first["id"]
    assert agent.get(PATH)["en"] == "The second"
    assert heard() == {"zh": "第二条", "en": "The second"}
    ended = supervisor.post(f"{PATH}/{second['id']}/end")
    assert ended["ended_at"] is not None
    assert supervisor.post(f"{PATH}/{second['id']}/end") == ended
    assert heard() is None


def test_both_languages_are_needed(office: Office) -> None:
    answer = office.person("supervisor").try_post(PATH, {"zh": "只有中文", "en": " "})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.en"
