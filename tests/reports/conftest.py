"""A day of orders in a database of its own."""

from pathlib import Path

import pytest
from sqlalchemy import select

from core.db import session_factory
from core.models import Unit
from dispatch.starter import ensure_starter
from tests.reports.day import Day


@pytest.fixture
def day(database: str, tmp_path: Path) -> Day:
    ensure_starter(tmp_path)
    with session_factory()() as session:
        units = {code: id_ for id_, code in session.execute(select(Unit.id, Unit.code))}
    return Day(units)
