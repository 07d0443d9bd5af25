"""An office with a planted customer; see tests/privacy/planting.py."""

import pytest

from tests.office import Office, module_organisation, office, organisation, own_office, starter
from tests.privacy.planting import Planted, plant

__all__ = ["module_organisation", "office", "organisation", "own_office", "starter"]


@pytest.fixture(scope="module")
def planted(office: Office) -> Planted:
    return plant(office)
