"""An office whose organisation has the generated city as its directory."""

from tests.directory.conftest import city, town
from tests.office import module_organisation, office, organisation, own_office, starter

__all__ = [
    "city",
    "module_organisation",
    "office",
    "organisation",
    "own_office",
    "starter",
    "town",
]
