"""An office whose organisation has the generated city as its directory."""

from collections.abc import Iterator

import pytest

from gps import pipeline
from tests.acts import Acts
from tests.directory.conftest import city, town
from tests.office import module_organisation, office, organisation, own_office, starter

__all__ = [
    "acts",
    "city",
    "module_organisation",
    "office",
    "organisation",
    "own_office",
    "starter",
    "town",
]


@pytest.fixture
def acts(organisation: int) -> Iterator[Acts]:
    pipeline._days.clear()
    yield Acts(organisation)
    pipeline._days.clear()
