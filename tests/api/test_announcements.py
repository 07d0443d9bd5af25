"""An emergency announcement: one at a time, on and off by those who may, told to callers."""

from api.verify import verify
from core.db import read_session
from core.settings import settings
from dispatch.starter import ORG_ID
from telephony.announcement_words import FILE
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


def test_what_was_to_be_filled_in_is_not_heard(office: Office) -> None:
    supervisor = office.person("supervisor")
    desk = supervisor.get(f"{PATH}/desk")
    ready = next(one for one in desk["ready"] if "{" in one["zh"])
    answer = supervisor.try_post(PATH, {"zh": ready["zh"], "en": ready["en"]})
    fields = {one["field"] for one in answer.json()["errors"]}
    assert (answer.status_code, fields) == (422, {"body.zh", "body.en"})
    assert heard() is None


def test_the_desk_says_what_callers_hear_and_what_was_said_last(office: Office) -> None:
    lead = office.person("lead")
    begun = lead.post(PATH, WORDS)
    assert begun["began_by"] == {"id": lead.me["user"]["id"], "name": lead.me["user"]["name"]}
    assert office.person("agent").get("/api/agents")["announcements"] == [begun]
    assert lead.get("/api/wallboard")["announced_at"] == begun["began_at"]
    lead.post(f"{PATH}/{begun['id']}/end")
    desk = lead.get(f"{PATH}/desk")
    assert desk["last"][0]["id"] == begun["id"]
    assert desk["greeting"]["en"].startswith("Welcome")
    assert lead.get("/api/wallboard")["announced_at"] is None
    assert office.person("agent").get("/api/agents")["announcements"] == []


def test_own_words_replace_the_ready_ones(office: Office) -> None:
    path = settings().data_dir / FILE
    one = {"code": "flood", "name_zh": "洪水", "name_en": "Flood", "zh": "洪水", "en": "Flood"}
    lines = "\n".join(f'{name} = "{value}"' for name, value in one.items())
    path.write_text(f"[[announcement]]\n{lines}\n", encoding="utf-8")
    try:
        assert office.person("lead").get(f"{PATH}/desk")["ready"] == [one]
        path.write_text("[[announcement]]\ncode = 1\n", encoding="utf-8")
        answer = office.person("lead").http.get(f"{PATH}/desk")
        assert answer.status_code == 422
        assert "announcement.0" in answer.json()["errors"][0]["field"]
    finally:
        path.unlink()
