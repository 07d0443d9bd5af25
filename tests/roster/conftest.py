"""What these tests need of the office."""

from tests.office import module_organisation, office, organisation, own_office, starter

__all__ = ["module_organisation", "office", "organisation", "own_office", "starter"]
