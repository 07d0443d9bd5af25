"""Short messages: out with their states, in with the answer of the product."""

from typing import TYPE_CHECKING

from telephony.simulator.errors import DocumentFailed
from telephony.simulator.line import API_VERSION
from telephony.simulator.model import Hook, Message, Number
from telephony.simulator.twiml import MESSAGING, read

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

STOP = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "TD"))
START = frozenset(("START", "YES", "UNSTOP"))
MAX_LENGTH = 1600


def is_gsm(text: str) -> bool:
    """Whether a text fits the short alphabet, roughly: no letter beyond Latin-1."""
    return all(ord(letter) < 256 for letter in text)


def segments(text: str) -> int:
    """How many parts a text is sent in."""
    single, part = (160, 153) if is_gsm(text) else (70, 67)
    return 1 if len(text) <= single else -(-len(text) // part)


def send(
    exchange: "Exchange",
    from_: str,
    to: str,
    body: str,
    callback: Hook | None = None,
    direction: str = "outbound-api",
) -> Message:
    """A message goes out; its states follow."""
    now = exchange.clock.now()
    message = Message(exchange.sid("SM"), direction, from_, to, body, now, now, callback=callback)
    exchange.forget(exchange.world.messages, lambda one: one.status not in ("queued", "sent"))
    exchange.world.messages[message.sid] = message
    exchange.trace.add("message", message=message.sid, status="queued", number=to)
    exchange.spawn(_travel(exchange, message))
    return message


async def _travel(exchange: "Exchange", message: Message) -> None:
    phone = exchange.phones.of(message.to)
    await exchange.message_turns.wait()
    if message.status == "canceled":
        return
    if phone.sms == "failed":
        _become(exchange, message, "failed", phone.sms_error)
        return
    _become(exchange, message, "sent")
    if phone.sms != "sent":
        await exchange.clock.sleep(exchange.phones.draw(phone.sms_s))
        error = phone.sms_error if phone.sms == "undelivered" else None
        _become(exchange, message, phone.sms, error)
    if phone.reply and phone.sms in ("delivered", "sent"):
        await exchange.clock.sleep(exchange.phones.draw(phone.sms_s))
        number = exchange.world.number(message.from_)
        if number is not None:
            await receive(exchange, number, message.to, phone.reply)


def _become(exchange: "Exchange", message: Message, status: str, error: int | None = None) -> None:
    now = exchange.clock.now()
    message.status, message.updated_at, message.error_code = status, now, error
    if status == "sent":
        message.sent_at = now
    exchange.trace.add("message", message=message.sid, status=status, number=message.to)
    params = {
        "AccountSid": exchange.world.account,
        "MessageSid": message.sid,
        "MessageStatus": status,
        "From": message.from_,
        "To": message.to,
        "SmsSid": message.sid,
        "SmsStatus": status,
        "ApiVersion": API_VERSION,
    }
    if error is not None:
        params["ErrorCode"] = str(error)
    exchange.deliver.tell(message.callback, params, about="message.status")


async def receive(exchange: "Exchange", number: Number, from_: str, body: str) -> Message:
    """A message comes in; the product's document may send messages back."""
    now = exchange.clock.now()
    to = number.phone_number
    message = Message(exchange.sid("SM"), "inbound", from_, to, body, now, now, status="received")
    exchange.world.messages[message.sid] = message
    exchange.trace.add("message", message=message.sid, status="received", number=from_)
    _subscribe(exchange, message)
    params = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "SmsStatus": "received",
        "AccountSid": exchange.world.account,
        "ApiVersion": API_VERSION,
        "From": from_,
        "To": to,
        "Body": body,
        "NumMedia": "0",
        "NumSegments": str(segments(body)),
    }
    for hook in (number.sms, number.sms_fallback):
        if hook is None or not hook.url:
            continue
        try:
            answer = await exchange.deliver.ask(hook, params, about="message.document")
            document = read(answer.body, answer.content_type, MESSAGING) if answer.body else ()
        except DocumentFailed as failure:
            exchange.deliver.fail(failure, sms=message.sid, url=hook.url)
            continue
        for verb in document:
            words = verb.text or "".join(child.text for child in verb.children)
            send(exchange, to, verb.get("to") or from_, words, direction="outbound-reply")
        break
    return message


def _subscribe(exchange: "Exchange", message: Message) -> None:
    word = message.body.strip().upper()
    pair = (message.to, message.from_)
    if word in STOP:
        exchange.world.unsubscribed.add(pair)
    elif word in START:
        exchange.world.unsubscribed.discard(pair)
