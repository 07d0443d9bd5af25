"""An office for the tests of this folder; see tests/office.py."""

from tests.office import office, organisation, own_office, starter

__all__ = ["office", "organisation", "own_office", "starter"]
