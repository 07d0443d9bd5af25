"""Fixtures of the tests of the carrier simulator."""

from tests.simulator.fixtures import carrier_simulator, product

__all__ = ["carrier_simulator", "product"]
