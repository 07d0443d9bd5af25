"""Which policy a report is asked for: one that the organisation keeps, by name, or a file."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.errors import InvalidField
from sla.book import Kept
from sla.documents import (
    CalendarDocument,
    CalendarUnknown,
    PolicyUnknown,
    document_text,
    load_policy,
)
from sla.policy import Policy
from sla.versions import book_of


@dataclass(frozen=True, slots=True)
class Named:
    """A policy, its document, and the number that its next version takes."""

    policy: Policy
    text: str
    next_version: int


def named_policy(session: Session, org_id: int, name: str, at: datetime) -> Named:
    """`beijing`: the version in force at `at`, else the newest; `beijing@2`: that one.

    Raises PolicyUnknown.
    """
    book = book_of(session, org_id)
    code, _, version = name.partition("@")
    versions = book.policies.get(code, ())
    found: Kept | None = None
    if version.isdecimal():
        found = next((one for one in versions if one.policy.version == int(version)), None)
    elif versions and not version:
        found = book.in_force(code, at) or versions[-1]
    if found is None:
        raise PolicyUnknown(name=name, known=", ".join(sorted(book.policies)))
    return Named(found.policy, found.text, versions[-1].policy.version + 1)


def policy_or_file(session: Session, org_id: int, name: str, at: datetime) -> Named:
    """The same, or a `.toml` file; reports are over orders. Raises PolicyUnknown, PolicyInvalid,
    CalendarUnknown, InvalidField.
    """
    found = (
        _file(session, org_id, name)
        if name.endswith(".toml")
        else named_policy(session, org_id, name, at)
    )
    if found.policy.covers == "ticket":
        raise InvalidField(
            "--policy",
            f"{found.policy.code} is for tickets; this counts orders",
            f"{found.policy.code} 用于受理单，此处统计的是工单",
        )
    return found


def _file(session: Session, org_id: int, name: str) -> Named:
    book = book_of(session, org_id)

    def find(calendar: str) -> CalendarDocument:
        found = book.calendar(calendar)
        if found is None:
            raise CalendarUnknown(name=calendar, known=", ".join(sorted(book.calendars)))
        return found

    policy = load_policy(name, find)
    known = book.policies.get(policy.code, ())
    newest = max([policy.version, *(one.policy.version for one in known)])
    return Named(policy, document_text(name), newest + 1)
