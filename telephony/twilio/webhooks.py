"""Twilio's webhooks: forms and signatures.

Source: twilio.com/docs/usage/security.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from core.errors import BadSignature, InvalidField, Unavailable
from core.settings import settings

CARRIER = "twilio"
MAX_PARAMETERS = 200


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of a request as they were sent: blank and repeated ones included."""

    pairs: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def getlist(self, name: str) -> list[str]:
        """Every value of `name`, in order. The validator asks by this name."""
        return [value for key, value in self.pairs if key == name]

    def optional(self, name: str) -> str | None:
        """The value of `name`; None where it was not sent. Raises InvalidField if repeated."""
        values = self.getlist(name)
        if len(values) > 1:
            raise InvalidField(f"body.{name}", "given more than once")
        return values[0] if values else None

    def required(self, name: str, *, blank: bool = False) -> str:
        """The value of `name`. Raises InvalidField naming it when missing, or blank."""
        value = self.optional(name)
        if value is None or (not value and not blank):
            raise InvalidField(f"body.{name}", "missing")
        return value


def form_of(body: bytes) -> Form:
    """Decode `application/x-www-form-urlencoded`. Raises InvalidField for anything else."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise InvalidField("body", "not a form of UTF-8 parameters") from None
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise InvalidField("body", "contains a null character")
    return Form(tuple(pairs))


def verify(url: str, params: Form, signature: str | None, token: str) -> None:
    """Check the signature over the address and all parameters. Raises BadSignature."""
    if not signature or not RequestValidator(token).validate(url, params, signature):
        raise BadSignature


def authentic_form(target: str, body: bytes, signature: str | None) -> Form:
    """The parameters of a webhook that the carrier signed.

    `target` is the request's path and query exactly as sent. The address is built from the
    configured public URL, never from what the request says of its host. Raises Unavailable
    (no token configured), BadSignature, or InvalidField naming the parameter.
    """
    token = settings().twilio_auth_token
    if token is None or not token.get_secret_value():
        raise Unavailable(what="PAIDAN_TWILIO_AUTH_TOKEN")
    form = form_of(body)
    url = settings().effective_public_url + target
    verify(url, form, signature, token.get_secret_value())
    account = settings().twilio_account_sid
    if account and form.required("AccountSid") != account:
        raise InvalidField("body.AccountSid", "not the configured account")
    return form
