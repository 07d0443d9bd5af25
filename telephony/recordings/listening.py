"""Who listens to recordings, and how long they are kept beside the policy. Each use is a fact."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import events as ev
from core.errors import Conflict, Forbidden, InvalidField, NotFound
from core.ids import new_id
from core.rights import Right
from core.uow import UnitOfWork
from telephony.recordings import repository, service
from telephony.recordings.models import Recording, RecordingAccess
from telephony.recordings.policy import policy
from telephony.recordings.repository import CONVERSATION

STATE_ZH = {
    "asked": "待录音",
    "in-progress": "录音中",
    "paused": "已暂停",
    "ready": "可播放",
    "absent": "无录音",
    "failed": "录音失败",
    "expired": "正在删除",
    "deleted": "已删除",
}


class NothingToHear(Conflict):
    """The recording cannot be heard now, or never."""

    code = "nothing_to_hear"
    zh = "该录音当前为“{state_zh}”，不能收听。"
    en = "The recording is {state} and cannot be heard."


class SayWhy(Conflict):
    """Nobody listens without a reason, which holds for a while and for who gave it."""

    code = "say_why"
    zh = "请先说明收听原因。"
    en = "Say first why you listen."


def listen(
    uow: UnitOfWork, recording_id: UUID, reason: str, *, conversations: bool
) -> RecordingAccess:
    """Say why one listens. `conversations`: whether the actor may hear other than left messages.

    Raises NotFound, Forbidden, NothingToHear, InvalidField.
    """
    assert uow.actor.user_id is not None
    known = [one.code for one in policy().reason]
    if reason not in known:
        words = ", ".join(known)
        raise InvalidField("body.reason", f"must be one of {words}", f"应为 {words} 之一")
    row = _locked(uow, recording_id)
    if row.kind == CONVERSATION and not conversations:
        raise Forbidden(right=Right.CALL_SUPERVISE.value)
    _audible(row)
    access = RecordingAccess(
        org_id=uow.org_id,
        id=new_id(),
        recording_id=row.id,
        user_id=uow.actor.user_id,
        at=uow.now,
        reason=reason,
    )
    uow.session.add(access)
    heard = ev.RecordingListened(user_id=access.user_id, reason=reason)
    uow.emit(row.id, heard, source="agent")
    return access


def until(access: RecordingAccess) -> datetime:
    """How long a reason that was given holds."""
    return access.at + timedelta(seconds=policy().listen_s)


def opened(
    session: Session,
    org_id: int,
    user_id: UUID,
    recording_id: UUID,
    access_id: UUID,
    now: datetime,
) -> Recording:
    """A recording that somebody has said why to listen to. Raises SayWhy, NothingToHear."""
    access = repository.access(session, org_id, access_id)
    wrong = access is None or (access.user_id, access.recording_id) != (user_id, recording_id)
    if access is None or wrong or until(access) < now:
        raise SayWhy
    row = session.get_one(Recording, (org_id, recording_id))
    _audible(row)
    return row


def keep(uow: UnitOfWork, recording_id: UUID, words: str) -> None:
    """Keep it beyond its time. Raises NotFound, NothingToHear."""
    row = _locked(uow, recording_id)
    _audible(row)
    if row.kept_at is None:
        assert uow.actor.user_id is not None
        uow.emit(row.id, ev.RecordingKept(user_id=uow.actor.user_id), source="agent")
    row.kept_at, row.kept_by, row.kept_why = uow.now, uow.actor.user_id, words


def release(uow: UnitOfWork, recording_id: UUID) -> None:
    """Keep it no longer than others. Raises NotFound."""
    row = _locked(uow, recording_id)
    if row.kept_at is not None:
        assert uow.actor.user_id is not None
        row.kept_at = row.kept_by = row.kept_why = None
        uow.emit(row.id, ev.RecordingReleased(user_id=uow.actor.user_id), source="agent")


class Kept(Conflict):
    """What is kept for a reason is not erased before that is taken back."""

    code = "recording_kept"
    zh = "该录音已设为长期保留，请先取消保留。"
    en = "The recording is kept for a reason; release it first."


def erase(uow: UnitOfWork, recording_id: UUID, words: str) -> None:
    """Let the carrier erase it now; nothing where that is under way. `words`: why.

    Raises NotFound, Kept, NothingToHear.
    """
    row = _locked(uow, recording_id)
    if row.state in ("expired", "deleted"):
        return
    if row.kept_at is not None:
        raise Kept
    _audible(row)
    row.gone_words = words
    service.expire(uow, row, "person")


def _locked(uow: UnitOfWork, recording_id: UUID) -> Recording:
    row = repository.locked(uow.session, uow.org_id, recording_id)
    if row is None:
        raise NotFound(what="recording", id=recording_id)
    return row


def _audible(row: Recording) -> None:
    if row.state != "ready":
        raise NothingToHear(state=row.state, state_zh=STATE_ZH[row.state])
