"""Messages and the numbers of the account."""

from starlette.responses import JSONResponse, Response

from telephony.simulator import errors, texting
from telephony.simulator.errors import Refused, not_found
from telephony.simulator.model import Message, Number
from telephony.simulator.rest import CREATED, GONE, Ask
from telephony.simulator.rest_calls import within


async def create(ask: Ask) -> Response:
    """Send a message."""
    form, exchange = ask.form, ask.exchange
    to = form.phone("To", missing_code=21604, wrong_code=errors.INVALID_NUMBER)
    from_ = form.phone("From", missing_code=21603, wrong_code=21212)
    if exchange.world.number(from_) is None:
        raise Refused(400, 21606, f"The 'From' phone number {from_} is not a valid sender")
    body = form.get("Body")
    if not body:
        raise Refused(400, errors.MESSAGE_NEEDS_BODY, "Message body is required.")
    if len(body) > texting.MAX_LENGTH:
        raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    if (from_, to) in exchange.world.unsubscribed:
        raise Refused(400, errors.UNSUBSCRIBED, "Attempt to send to unsubscribed recipient")
    message = texting.send(exchange, from_, to, body, form.hook("StatusCallback"))
    return JSONResponse(ask.views.message(message), CREATED)


def _message(ask: Ask) -> Message:
    message = ask.exchange.world.messages.get(ask.path["message"])
    if message is None:
        raise not_found(ask.target)
    return message


async def fetch(ask: Ask) -> Response:
    """One message."""
    return JSONResponse(ask.views.message(_message(ask)))


async def update(ask: Ask) -> Response:
    """Cancel a message that waits, or blank its text."""
    message = _message(ask)
    if ask.form.get("Status") == "canceled":
        if message.status != "queued":
            raise Refused(400, 30409, "Message cannot be canceled")
        message.status = "canceled"
    elif ask.form.has("Body"):
        message.body = ask.form.get("Body")
    return JSONResponse(ask.views.message(message))


async def delete(ask: Ask) -> Response:
    """Forget a message."""
    del ask.exchange.world.messages[_message(ask).sid]
    return Response(status_code=GONE)


async def listed(ask: Ask) -> Response:
    """Messages, the newest first."""
    form = ask.form

    def fits(message: Message) -> bool:
        return (
            form.get("To", message.to) == message.to
            and form.get("From", message.from_) == message.from_
            and within(form, "DateSent", message.sent_at)
        )

    messages = reversed(ask.exchange.world.messages.values())
    return ask.page("messages", (ask.views.message(one) for one in messages if fits(one)))


def _change(ask: Ask, number: Number) -> None:
    """Set what the form holds; a blank address takes it away."""
    form = ask.form
    fields = {
        "VoiceUrl": ("voice", "VoiceMethod"),
        "VoiceFallbackUrl": ("voice_fallback", "VoiceFallbackMethod"),
        "SmsUrl": ("sms", "SmsMethod"),
        "SmsFallbackUrl": ("sms_fallback", "SmsFallbackMethod"),
        "StatusCallback": ("callback", "StatusCallbackMethod"),
    }
    for name, (attribute, method) in fields.items():
        if form.has(name):
            setattr(number, attribute, form.hook(name, method=method))
    number.name = form.get("FriendlyName", number.name)
    number.updated_at = ask.exchange.clock.now()


async def create_number(ask: Ask) -> Response:
    """Buy a number; any that is written properly can be had."""
    phone = ask.form.phone("PhoneNumber", missing_code=21452, wrong_code=21421)
    if ask.exchange.world.number(phone) is not None:
        raise Refused(400, 21422, f"{phone} is not available")
    now = ask.exchange.clock.now()
    number = Number(ask.exchange.sid("PN"), phone, now, now)
    _change(ask, number)
    ask.exchange.world.numbers[number.sid] = number
    return JSONResponse(ask.views.number(number), CREATED)


def _number(ask: Ask) -> Number:
    number = ask.exchange.world.numbers.get(ask.path["number"])
    if number is None:
        raise not_found(ask.target)
    return number


async def fetch_number(ask: Ask) -> Response:
    """One number."""
    return JSONResponse(ask.views.number(_number(ask)))


async def update_number(ask: Ask) -> Response:
    """Change whom a number asks."""
    number = _number(ask)
    _change(ask, number)
    return JSONResponse(ask.views.number(number))


async def delete_number(ask: Ask) -> Response:
    """Give a number back."""
    del ask.exchange.world.numbers[_number(ask).sid]
    return Response(status_code=GONE)


async def listed_numbers(ask: Ask) -> Response:
    """The numbers of the account."""
    wanted = ask.form.get("PhoneNumber")
    numbers = ask.exchange.world.numbers.values()
    found = (ask.views.number(one) for one in numbers if wanted in one.phone_number)
    return ask.page("incoming_phone_numbers", found)
