"""Which organisation a command line is about."""

from sqlalchemy import select

from core.db import session_factory
from core.errors import Problem
from core.models import Organisation


class WhichOrganisation(Problem):
    """There is none of this code, none at all, or more than one to choose from."""

    status = 404
    code = "which_organisation"
    zh = "请用 --org 指明组织；已有：{known}。还没有时先运行 paidan migrate --first-data。"
    en = (
        "Name the organisation with --org; there are: {known}. "
        "Where there is none yet, run paidan migrate --first-data first."
    )


def organisation_id(code: str | None) -> int:
    """The organisation of this code; without a code the only one, the demo city not counted.

    Raises WhichOrganisation.
    """
    rows = _organisations()
    real = [id_ for id_, _, demo in rows if not demo]
    if code is None and len(real) == 1:
        return real[0]
    known = {known_code: id_ for id_, known_code, _ in rows}
    if code not in known:
        raise WhichOrganisation(known=", ".join(sorted(known)) or "-")
    return known[code]


def organisation_if_any(code: str | None) -> int | None:
    """The same; None where none is asked for and there is none at all."""
    return None if code is None and not _organisations() else organisation_id(code)


def _organisations() -> list[tuple[int, str, bool]]:
    """Number, code, whether it is the demo."""
    with session_factory()() as session:
        rows = session.execute(select(Organisation.id, Organisation.code, Organisation.demo))
        return [(id_, code, demo) for id_, code, demo in rows]
