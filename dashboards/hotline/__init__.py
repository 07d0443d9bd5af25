"""Figures of the hotline: calls, waits, agents, call-backs."""
