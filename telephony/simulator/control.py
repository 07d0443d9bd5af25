"""The control API under /_sim: place callers, press keys, set mischief, look at everything."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from telephony.simulator import texting
from telephony.simulator.exchange import Exchange
from telephony.simulator.model import Hook, Number
from telephony.simulator.phones import phone_of
from telephony.simulator.scenario import Scenario, scenario_of

MOST_WAIT_S = 60.0
ACTS = ("press", "hang_up", "answer", "reject")
HOOKS = {
    "voice_url": "voice",
    "voice_fallback_url": "voice_fallback",
    "status_callback": "callback",
    "sms_url": "sms",
    "sms_fallback_url": "sms_fallback",
}

Control = Callable[[Exchange, Request], Awaitable[Response]]


def set_number(exchange: Exchange, item: dict[str, str]) -> Number:
    """Make a number of the account, or change whom it asks."""
    phone_number, now = item["phone_number"], exchange.clock.now()
    number = exchange.world.number(phone_number)
    if number is None:
        number = Number(exchange.sid("PN"), phone_number, now, now)
        exchange.world.numbers[number.sid] = number
    for name, attribute in HOOKS.items():
        if name in item:
            setattr(number, attribute, Hook(item[name]) if item[name] else None)
    return number


def play(exchange: Exchange, scenario: Scenario) -> None:
    """Set the stage and let the callers call when it is their time."""
    for item in scenario.numbers:
        set_number(exchange, item)
    for phone in scenario.phones:
        exchange.phones.add(phone)
    exchange.mischief.rates.set(**scenario.mischief)

    async def call(at_s: float, to: str, index: int) -> None:
        await exchange.clock.sleep(at_s)
        number = exchange.world.number(to)
        if number is None:
            exchange.trace.add("error", code=0, message=f"no number {to} to call")
            return
        phone = scenario.callers[index].phone
        exchange.call_in(number, phone.number, phone)

    for index, caller in enumerate(scenario.callers):
        exchange.spawn(call(caller.at_s, caller.to, index))


async def _state(exchange: Exchange, request: Request) -> Response:
    world = exchange.world
    calls = [asdict(call) for call in world.calls.values()]
    if "all" not in request.query_params:
        calls = [call for call in calls if call["ended_at"] is None]
    return _json(
        {
            "now": exchange.clock.now(),
            "speed": exchange.clock.speed,
            "calls": calls,
            "ended": sum(call.over for call in world.calls.values()),
            "queues": [asdict(queue) for queue in world.queues.values()],
            "conferences": [
                asdict(one) for one in world.conferences.values() if one.status != "completed"
            ],
            "recordings": [asdict(one) for one in world.recordings.values()],
            "messages": [asdict(one) for one in world.messages.values()],
            "numbers": [asdict(one) for one in world.numbers.values()],
            "errors": world.errors,
            "webhooks": {name: one.shown() for name, one in exchange.deliver.tallies.items()},
            "mischief": asdict(exchange.mischief.rates),
        }
    )


async def _trace(exchange: Exchange, request: Request) -> Response:
    """JSON lines after a number; `wait` real seconds at most until there is one."""
    query = request.query_params
    after = int(query.get("after", "0"))
    wait = min(float(query.get("wait", "0")), MOST_WAIT_S)
    found = await exchange.trace.wait(after, wait) if wait else exchange.trace.after(after)
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in found)
    return PlainTextResponse(lines, media_type="application/x-ndjson")


async def _call(exchange: Exchange, request: Request) -> Response:
    """Somebody calls: `to`, and the rest as in a phone."""
    data = await _data(request)
    number = exchange.world.number(str(data.pop("to", "")))
    if number is None:
        raise ValueError("to: must be a number of the account")
    phone = phone_of(data)
    if not phone.number or phone.number.endswith("*"):
        raise ValueError("number: missing")
    line = exchange.call_in(number, phone.number, phone)
    return _json({"call": line.call.sid}, 201)


async def _act(exchange: Exchange, request: Request) -> Response:
    """What a phone does: `act` and, for `press`, `keys`."""
    line = exchange.lines.get(request.path_params["call"])
    if line is None:
        return _json({"error": "no such call goes on"}, 404)
    data = await _data(request)
    act = data.get("act")
    if act == "press":
        line.press(str(data.get("keys", "")))
    elif act == "hang_up":
        line.hang_up()
    elif act == "answer":
        line.answer()
    elif act == "reject":
        line.end("busy", by="phone", sip=486)
    else:
        raise ValueError(f"act: must be one of {', '.join(ACTS)}")
    return _json({"status": line.call.status})


async def _text(exchange: Exchange, request: Request) -> Response:
    """Somebody sends a message: `from`, `to`, `body`."""
    data = await _data(request)
    number = exchange.world.number(str(data.get("to", "")))
    if number is None:
        raise ValueError("to: must be a number of the account")
    from_ = str(data.get("from", ""))
    if not from_:
        raise ValueError("from: missing")
    message = await texting.receive(exchange, number, from_, str(data.get("body", "")))
    return _json({"message": message.sid}, 201)


async def _number(exchange: Exchange, request: Request) -> Response:
    data = await _data(request)
    scenario = scenario_of({"number": [data]}, 0)
    return _json(asdict(set_number(exchange, scenario.numbers[0])), 201)


async def _phone(exchange: Exchange, request: Request) -> Response:
    phone = phone_of(await _data(request))
    exchange.phones.add(phone)
    return _json(asdict(phone), 201)


async def _scenario(exchange: Exchange, request: Request) -> Response:
    scenario = scenario_of(await _data(request), int(request.query_params.get("seed", "1")))
    play(exchange, scenario)
    return _json({"callers": len(scenario.callers)}, 201)


async def _mischief(exchange: Exchange, request: Request) -> Response:
    """Rates, and with `next` what happens to the next request to which it applies."""
    data = await _data(request)
    following = data.pop("next", [])
    exchange.mischief.rates.set(**data)
    exchange.mischief.next_ += [str(word) for word in following]
    return _json(asdict(exchange.mischief.rates))


async def _clock(exchange: Exchange, request: Request) -> Response:
    """Let `advance` seconds pass, or wait until nothing goes on by itself."""
    data = await _data(request)
    if "advance" in data:
        await exchange.clock.advance(float(data["advance"]))
    else:
        await exchange.clock.settle()
    return _json({"now": exchange.clock.now()})


async def _errors(exchange: Exchange, request: Request) -> Response:
    return _json(exchange.world.errors)


def routes(exchange: Exchange) -> list[Route]:
    """The routes under /_sim."""
    return [
        Route(f"/_sim/{path}", _endpoint(exchange, control), methods=[method])
        for method, path, control in (
            ("GET", "state", _state),
            ("GET", "trace", _trace),
            ("GET", "errors", _errors),
            ("POST", "calls", _call),
            ("POST", "calls/{call}", _act),
            ("POST", "messages", _text),
            ("POST", "numbers", _number),
            ("POST", "phones", _phone),
            ("POST", "scenario", _scenario),
            ("POST", "mischief", _mischief),
            ("POST", "clock", _clock),
        )
    ]


def _endpoint(exchange: Exchange, control: Control) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await control(exchange, request)
        except (ValueError, KeyError) as error:
            return _json({"error": str(error)}, 422)

    return endpoint


async def _data(request: Request) -> dict[str, Any]:
    data = json.loads(await request.body() or b"{}")
    if not isinstance(data, dict):
        raise ValueError("body: must be an object")
    return data


def _json(value: Any, status: int = 200) -> Response:
    body = json.dumps(value, default=str, ensure_ascii=False)
    return Response(body, status, media_type="application/json")
