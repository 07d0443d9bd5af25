"""The carrier's error bodies, and the numbers of its errors that this simulator uses."""

from dataclasses import dataclass

MORE_INFO = "https://www.twilio.com/docs/errors/"

NOT_AUTHENTIC = 20003
NOT_ALLOWED = 20004
NOT_FOUND = 20404
TOO_MANY = 20429
MISSING_PARAMETER = 21201
INVALID_NUMBER = 21211
INVALID_URL = 21205
NOT_IN_PROGRESS = 21220
INVALID_STATUS = 21218
MESSAGE_NEEDS_BODY = 21602
UNSUBSCRIBED = 21610

DOCUMENT_NOT_FETCHED = 11200
DOCUMENT_BAD_HOST = 11210
DOCUMENT_NO_TYPE = 12300
DOCUMENT_UNREADABLE = 12100
DOCUMENT_BAD_VERB = 12200
REDIRECT_LOOP = 12101


@dataclass
class Refused(Exception):
    """A REST request that is not done: HTTP status, the carrier's number and a sentence."""

    status: int
    code: int
    message: str

    def body(self) -> dict[str, object]:
        """The JSON body of the answer."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"{MORE_INFO}{self.code}",
            "status": self.status,
        }


@dataclass
class DocumentFailed(Exception):
    """A document that cannot be fetched, read or obeyed: the carrier's number and a sentence."""

    code: int
    message: str


def not_found(what: str) -> Refused:
    """Nothing is at this address."""
    return Refused(404, NOT_FOUND, f"The requested resource {what} was not found")


def missing(name: str, code: int = MISSING_PARAMETER) -> Refused:
    """A required parameter is not there."""
    return Refused(400, code, f"No '{name}' is specified")
