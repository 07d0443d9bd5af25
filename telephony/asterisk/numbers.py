"""Numbers as trunks say them, in the form that all others have: pure."""

import phonenumbers


def number_of(said: str, region: str) -> str:
    """E.164 where that can be told, else as it was said: a short number, a phone of the house."""
    try:
        parsed = phonenumbers.parse(said, region)
    except phonenumbers.NumberParseException:
        return said
    if not phonenumbers.is_possible_number(parsed):
        return said
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
