"""Twilio, the carrier: the only package that knows the shape of what it sends and is sent."""
