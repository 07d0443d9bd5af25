"""A day of orders in a database of its own."""

import pytest
from sqlalchemy import select

from core.db import session_factory
from core.models import Unit
from tests.office import organisation, starter
from tests.reports.day import Day

__all__ = ["organisation", "starter"]


@pytest.fixture
def day(organisation: int) -> Day:
    with session_factory()() as session:
        units = {code: id_ for id_, code in session.execute(select(Unit.id, Unit.code))}
    return Day(units)
