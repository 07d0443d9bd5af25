"""Fixtures of the tests of recordings."""

from tests.office import module_organisation, office, organisation, own_office, starter

__all__ = ["module_organisation", "office", "organisation", "own_office", "starter"]
