"""The demo city: generated ground, customers, network, staff. Nothing in it is real."""
