"""Numbers as trunks say them, in the form that all others have: pure."""

import phonenumbers

SHORT = 6
"""Digits of a service number, such as 95598: it has no form with a country code."""


def number_of(said: str, region: str) -> str:
    """E.164 where that can be told, else as it was said: a short number, a phone of the house."""
    if not said.startswith("+") and len(said) <= SHORT:
        return said
    try:
        parsed = phonenumbers.parse(said, region)
    except phonenumbers.NumberParseException:
        return said
    if not phonenumbers.is_possible_number(parsed):
        return said
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
