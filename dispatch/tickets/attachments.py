"""Use cases of a ticket's files. They live in PostgreSQL, so that every machine has them.

The bytes are kept once per content. Hiding is not erasing: the file stays, and nobody is shown it.
"""

import hashlib
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import events as ev
from core.errors import Conflict, InvalidField, NotFound, Problem
from core.ids import new_id
from core.uow import UnitOfWork
from dispatch.tickets.file_types import MAX_BYTES, content_type_of, plain_name
from dispatch.tickets.models import AttachmentContent, TicketAttachment
from dispatch.tickets.work import work_on_ticket

MOST = 30
"""Files of one ticket that are shown, at most."""


class FileTooLarge(Problem):
    status = 413
    code = "file_too_large"
    zh = "文件过大，最多 {limit} 字节。"
    en = "The file is too large; the limit is {limit} bytes."


class TooManyFiles(Conflict):
    code = "too_many_files"
    zh = "一张受理单最多 {limit} 个附件。"
    en = "A ticket has at most {limit} files."


def digest_of(content: bytes) -> str:
    """SHA-256, hex: what the content is kept under."""
    return hashlib.sha256(content).hexdigest()


def checked_type(content: bytes) -> str:
    """The media type of a file that may be attached. Raises FileTooLarge, InvalidField."""
    if len(content) > MAX_BYTES:
        raise FileTooLarge(limit=MAX_BYTES)
    found = content_type_of(content)
    if found is None:
        raise InvalidField(
            "body.file", "must be an image, a PDF, a sound or a video", "应为图片、PDF、录音或视频"
        )
    return found


def keep_content(uow: UnitOfWork, content: bytes) -> tuple[str, str]:
    """Keep bytes that may be attached, once for all who attach the same. Returns their media type
    and digest. Raises FileTooLarge, InvalidField.
    """
    content_type, digest = checked_type(content), digest_of(content)
    statement = insert(AttachmentContent).values(org_id=uow.org_id, digest=digest, content=content)
    uow.session.execute(statement.on_conflict_do_nothing())
    return content_type, digest


def attach(uow: UnitOfWork, ticket_id: UUID, name: str, content: bytes) -> UUID:
    """Keep a file with a ticket. Returns its id."""
    with work_on_ticket(uow, ticket_id) as work:
        shown = select(func.count()).where(
            TicketAttachment.org_id == uow.org_id,
            TicketAttachment.ticket_id == ticket_id,
            TicketAttachment.hidden_at.is_(None),
        )
        if uow.session.execute(shown).scalar_one() >= MOST:
            raise TooManyFiles(limit=MOST)
        content_type, digest = keep_content(uow, content)
        row = TicketAttachment(
            org_id=uow.org_id,
            id=new_id(),
            ticket_id=ticket_id,
            name=plain_name(name),
            content_type=content_type,
            size=len(content),
            digest=digest,
            attached_at=uow.now,
            attached_by=uow.actor.user_id,
        )
        uow.session.add(row)
        work.record(
            ev.TicketAttached(attachment_id=row.id, content_type=content_type, size=len(content))
        )
        return row.id


def hide(uow: UnitOfWork, ticket_id: UUID, attachment_id: UUID, reason: str) -> None:
    """Show it no more; again, it changes nothing. Raises NotFound."""
    with work_on_ticket(uow, ticket_id) as work:
        row = _row(uow.session, uow.org_id, ticket_id, attachment_id)
        if row.hidden_at is None:
            row.hidden_at = uow.now
            work.record(ev.TicketAttachmentHidden(attachment_id=attachment_id, reason=reason))


def read(
    session: Session, org_id: int, ticket_id: UUID, attachment_id: UUID
) -> tuple[TicketAttachment, bytes]:
    """A file and its bytes. Raises NotFound, also for a hidden one."""
    row = _row(session, org_id, ticket_id, attachment_id)
    if row.hidden_at is not None:
        raise NotFound(what="attachment", id=attachment_id)
    return row, session.get_one(AttachmentContent, (org_id, row.digest)).content


def _row(session: Session, org_id: int, ticket_id: UUID, attachment_id: UUID) -> TicketAttachment:
    row = session.get(TicketAttachment, (org_id, attachment_id))
    if row is None or row.ticket_id != ticket_id:
        raise NotFound(what="attachment", id=attachment_id)
    return row
