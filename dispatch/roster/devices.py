"""Use cases: code and abilities of a device, strangers, contested identities."""

from uuid import UUID

from core.errors import InvalidField, NotFound
from core.uow import UnitOfWork
from dispatch.roster import repository
from dispatch.roster.changes import demand_version
from dispatch.roster.fleet import device_changed, device_of
from gps import contests, strangers
from gps.models import Device, DeviceContest


def set_code(uow: UnitOfWork, device_id: UUID, code: str | None, version: int) -> UUID:
    """The code that it already has from elsewhere, or (None) a new one at its next registration.

    Its connection ends: it shows the code when it comes back.
    """
    device = _seen(uow, device_id, version)
    device.auth_code = code
    device.gateway = None
    return _changed(uow, device, "auth_code")


def forget_capability(uow: UnitOfWork, device_id: UUID, version: int) -> UUID:
    """It is asked, and given its keys, again: its software has learnt them, perhaps."""
    device = _seen(uow, device_id, version)
    device.capability = {}
    return _changed(uow, device, "capability")


def rule_on_contest(uow: UnitOfWork, contest_id: UUID, ruling: str) -> UUID:
    """An administrator says what a contested identity is; the id of the device."""
    row = uow.session.get(DeviceContest, (uow.org_id, contest_id))
    if row is not None and ruling == "replaced" and row.kind != "hardware":
        raise InvalidField(
            "body.ruling",
            "only another terminal that registered can have replaced it",
            "只有以其他硬件注册的终端才可能是更换",
        )
    return contests.rule(uow, contest_id, ruling)


def ignore_stranger(uow: UnitOfWork, protocol: str, identity: str, *, ignored: bool) -> None:
    """Refuse a stranger for good, or undo that. Raises NotFound."""
    if not strangers.ignore(uow, protocol, identity, ignored=ignored):
        raise NotFound(what="stranger", id=identity)


def _seen(uow: UnitOfWork, device_id: UUID, version: int) -> Device:
    repository.lock_organisation(uow.session, uow.org_id)
    device = device_of(uow.session, uow.org_id, device_id)
    demand_version(uow.session, device, version)
    return device


def _changed(uow: UnitOfWork, device: Device, what: str) -> UUID:
    device.version += 1
    device_changed(uow, device, what)
    return device.id
