"""Fixtures of telephony: the carrier's simulator."""

from tests.simulator.fixtures import carrier_simulator

__all__ = ["carrier_simulator"]
