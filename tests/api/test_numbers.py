"""The numbers that callers dial: whose they are, and from which call on."""

from itertools import count
from shutil import rmtree
from typing import Any
from uuid import UUID

import pytest

from api.verify import verify
from core.clock import now
from core.db import read_session, session_factory
from core.eventlog import read_stream
from core.events import NumberLabelled, NumberRegistered, NumberWithdrawn
from core.ids import new_id
from core.models import Organisation
from core.settings import settings
from dispatch.starter import ORG_ID
from telephony import messages, repository
from telephony.models import PhoneNumber
from tests.office import Office
from tests.people import Refused, visitor
from tests.telephony.carrier import HOTLINE, InboundCall
from tests.telling import tell

PATH = "/api/hotline/numbers"
CALLS = count(1)


def numbers(office: Office) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.person("lead").get("/api/hotline/staff")["numbers"]
    return found


def second_organisation() -> None:
    """From now on a number that nobody has registered belongs to nobody."""
    with session_factory()() as session:
        names = {"code": "two", "name_zh": "二", "name_en": "Two"}
        session.add(Organisation(id=2, created_at=now(), **names))
        session.commit()


def dialled(office: Office) -> int:
    """Somebody dials the hotline; the status with which the carrier is answered."""
    hook = InboundCall(next(CALLS), now().replace(microsecond=0)).voice()
    headers = hook.headers(settings().effective_public_url)
    with visitor(office.url) as carrier:
        answer = carrier.post(hook.path, content=hook.body, headers=headers)
    tell()
    return answer.status_code


def test_a_number_is_registered_named_and_withdrawn(office: Office) -> None:
    boss = office.person("supervisor")
    one = boss.post(PATH, {"number": "+861095598", "label": " 报修  热线 "})
    assert (one["number"], one["label"], one["sends"]) == ("+861095598", "报修 热线", True)
    earlier = boss.post(PATH, {"number": "+861000000"})
    assert earlier["sends"] is False, "who is added later does not become what customers see"
    assert numbers(office) == [one, earlier]
    named = boss.post(f"{PATH}/{one['id']}", {"label": "夜间"})
    assert boss.post(f"{PATH}/{one['id']}", {"label": "夜间"}) == named
    boss.post(f"{PATH}/{one['id']}/withdraw")
    assert [(row["number"], row["sends"]) for row in numbers(office)] == [("+861000000", True)]
    with read_session() as session:
        assert messages.sender(session, ORG_ID) == "+861000000"
        assert list(verify(session, ORG_ID)) == []
        kept = session.get_one(PhoneNumber, (ORG_ID, UUID(one["id"])))
        assert (kept.number, kept.label) == ("+861095598", "夜间")
        told = [fact.payload for fact in read_stream(session, ORG_ID, "number", kept.id)]
    assert told == [NumberRegistered(), NumberLabelled(), NumberWithdrawn()]
    gone = boss.try_post(f"{PATH}/{one['id']}", {"label": "x"})
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert boss.post(PATH, {"number": "+861095598"})["id"] != one["id"]


@pytest.mark.parametrize("number", ["95598", "+0861095598", "+86 1095598", "+8610955981234567", ""])
def test_a_number_that_no_carrier_says_is_refused(office: Office, number: str) -> None:
    answer = office.person("supervisor").try_post(PATH, {"number": number})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.number"


def test_a_number_has_one_organisation(own_office: Office) -> None:
    second_organisation()
    with session_factory()() as session:
        assert repository.add_number(session, 2, new_id(), "+861095598", "", now())
        session.commit()
    answer = own_office.person("supervisor").try_post(PATH, {"number": "+861095598"})
    assert (answer.status_code, answer.json()["code"]) == (409, "number_taken")
    assert numbers(own_office) == []


def test_a_change_counts_for_the_next_call(own_office: Office) -> None:
    boss = own_office.person("supervisor")
    assert boss.get("/api/hotline/staff")["takes_unknown"] is True
    assert dialled(own_office) == 200
    second_organisation()
    assert boss.get("/api/hotline/staff")["takes_unknown"] is False
    one = boss.post(PATH, {"number": HOTLINE})
    assert dialled(own_office) == 200
    boss.post(f"{PATH}/{one['id']}/withdraw")
    assert dialled(own_office) == 404
    boss.post(PATH, {"number": HOTLINE})
    assert dialled(own_office) == 200


def test_a_mistake_in_a_flow_is_told_to_who_sets_up_the_hotline(office: Office) -> None:
    folder = settings().data_dir / "flows"
    folder.mkdir()
    (folder / "hotline.toml").write_bytes(b"\xff\xfe\x00")
    try:
        with pytest.raises(Refused) as refused:
            office.person("lead").get("/api/hotline/staff")
        assert dialled(office) == 422, "the carrier asks for the fallback"
    finally:
        rmtree(folder)
    told = refused.value.problem
    assert (refused.value.status, told["code"]) == (422, "flow_invalid")
    assert "hotline.toml" in told["detail"]
    assert [one["field"] for one in told["errors"]] == ["document"]
    assert "UTF-8" in told["errors"][0]["message"]
    assert dialled(office) == 200
