"""An office for the tests of this folder; see tests/office.py."""

from tests.office import (
    module_organisation,
    office,
    organisation,
    own_office,
    starter,
)

__all__ = ["module_organisation", "office", "organisation", "own_office", "starter"]
