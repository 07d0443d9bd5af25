"""An office whose organisation has the generated city as its directory."""

import pytest

from api.demo.city import DEFAULT_SEED, City, make_city
from api.demo.directory_rows import add_directory
from api.demo.units import units_of
from core.db import session_factory
from dispatch.starter import ORG_ID
from tests.office import Office, module_organisation, office, organisation, own_office, starter

__all__ = ["module_organisation", "office", "organisation", "own_office", "starter"]


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(DEFAULT_SEED)


@pytest.fixture(scope="module")
def town(office: Office, city: City) -> Office:
    """The module's office with regions, network, customers and map."""
    with session_factory()() as session:
        add_directory(session, ORG_ID, city, units_of(session, ORG_ID))
        session.commit()
    return office
