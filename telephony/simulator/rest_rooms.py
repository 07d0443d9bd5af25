"""Queues with their members, conferences with their participants."""

from starlette.responses import JSONResponse, Response

from telephony.simulator.errors import Refused, missing, not_found
from telephony.simulator.model import Conference, Hook, Participant, Queue
from telephony.simulator.rest import CREATED, GONE, Ask
from telephony.simulator.rest_calls import source_of
from telephony.simulator.rooms import Room, Seat, coach, kick
from telephony.simulator.waiting import take_out

MOST_WAITING = 5000


def _queue(ask: Ask) -> Queue:
    queue = ask.exchange.world.queues.get(ask.path["queue"])
    if queue is None:
        raise not_found(ask.target)
    return queue


def _max_size(ask: Ask, default: int) -> int:
    size = ask.form.number("MaxSize", default)
    if not 1 <= size <= MOST_WAITING:
        raise Refused(400, 22003, f"MaxSize must be from 1 to {MOST_WAITING}")
    return size


async def create_queue(ask: Ask) -> Response:
    """Make a queue of a name that there is not."""
    name = ask.form.get("FriendlyName")
    if not name:
        raise missing("FriendlyName", 22000)
    if ask.exchange.world.queue_named(name) is not None:
        raise Refused(400, 22003, f"A queue named {name} exists")
    size = _max_size(ask, 100)
    queue = ask.exchange.queue(name)
    queue.max_size = size
    return JSONResponse(ask.views.queue(queue), CREATED)


async def fetch_queue(ask: Ask) -> Response:
    """One queue."""
    return JSONResponse(ask.views.queue(_queue(ask)))


async def update_queue(ask: Ask) -> Response:
    """Rename or resize a queue."""
    queue = _queue(ask)
    queue.max_size = _max_size(ask, queue.max_size)
    queue.name = ask.form.get("FriendlyName") or queue.name
    queue.updated_at = ask.exchange.clock.now()
    return JSONResponse(ask.views.queue(queue))


async def delete_queue(ask: Ask) -> Response:
    """Remove a queue where nobody waits."""
    queue = _queue(ask)
    if queue.members:
        raise Refused(400, 22002, "Queue is not empty")
    del ask.exchange.world.queues[queue.sid]
    return Response(status_code=GONE)


async def listed_queues(ask: Ask) -> Response:
    """All queues."""
    return ask.page("queues", map(ask.views.queue, ask.exchange.world.queues.values()))


async def listed_members(ask: Ask) -> Response:
    """Who waits, the longest first."""
    queue, now = _queue(ask), ask.exchange.clock.now()
    shown = (ask.views.member(queue, member, now) for member in queue.members)
    return ask.page("queue_members", shown)


async def fetch_member(ask: Ask) -> Response:
    """One who waits; `Front` is the first."""
    queue = _queue(ask)
    sid = ask.path["call"]
    if sid == "Front" and queue.members:
        sid = queue.members[0].call_sid
    place = queue.position(sid)
    if not place:
        raise not_found(ask.target)
    member = queue.members[place - 1]
    return JSONResponse(ask.views.member(queue, member, ask.exchange.clock.now()))


async def take_member(ask: Ask) -> Response:
    """Take somebody out of the queue; the call goes on with the document at Url."""
    queue = _queue(ask)
    sid = ask.path["call"]
    if sid == "Front" and queue.members:
        sid = queue.members[0].call_sid
    place = queue.position(sid)
    if not place:
        raise not_found(ask.target)
    source = source_of(ask.form)
    if source is None or source.twiml is not None:
        raise missing("Url", 21205)
    shown = ask.views.member(queue, queue.members[place - 1], ask.exchange.clock.now())
    take_out(ask.exchange.waiting[sid], source)
    return JSONResponse(shown)


def _conference(ask: Ask) -> Conference:
    conference = ask.exchange.world.conferences.get(ask.path["conference"])
    if conference is None:
        raise not_found(ask.target)
    return conference


async def fetch_conference(ask: Ask) -> Response:
    """One conference, by its id."""
    return JSONResponse(ask.views.conference(_conference(ask)))


async def update_conference(ask: Ask) -> Response:
    """End a conference."""
    conference = _conference(ask)
    if ask.form.get("Status") == "completed":
        ask.exchange.rooms[conference.sid].end("conference-ended-via-api")
    elif ask.form.has("Status"):
        raise Refused(400, 20001, "Status must be completed")
    return JSONResponse(ask.views.conference(conference))


async def listed_conferences(ask: Ask) -> Response:
    """Conferences, the newest first."""
    form = ask.form
    found = [
        one
        for one in reversed(ask.exchange.world.conferences.values())
        if form.get("FriendlyName", one.name) == one.name
        and form.get("Status", one.status) == one.status
    ]
    return ask.page("conferences", map(ask.views.conference, found))


def _room(ask: Ask) -> Room:
    """The conference in the path, if it goes on. Raises Refused."""
    conference = _conference(ask)
    if conference.status == "completed":
        raise not_found(ask.target)
    return ask.exchange.rooms[conference.sid]


def _seat(ask: Ask) -> Seat:
    seat = _room(ask).seats.get(ask.path["call"])
    if seat is None:
        raise not_found(ask.target)
    return seat


def _shown(ask: Ask, room: Room, participant: Participant) -> Response:
    return JSONResponse(ask.views.participant(room.conference, participant))


async def listed_participants(ask: Ask) -> Response:
    """Who is in it."""
    room = _room(ask)
    people = room.conference.participants.values()
    found = [
        one
        for one in people
        if ask.form.flag("Hold", default=one.hold) == one.hold
        and ask.form.flag("Muted", default=one.muted) == one.muted
        and ask.form.flag("Coaching", default=one.coaching) == one.coaching
    ]
    shown = (ask.views.participant(room.conference, one) for one in found)
    return ask.page("participants", shown)


async def fetch_participant(ask: Ask) -> Response:
    """One who is in it."""
    seat = _seat(ask)
    return _shown(ask, seat.room, seat.participant)


async def update_participant(ask: Ask) -> Response:
    """Hold, mute, coach, or what happens when this one leaves."""
    seat, form = _seat(ask), ask.form
    participant, room = seat.participant, seat.room
    if form.has("EndConferenceOnExit"):
        participant.ends = form.flag("EndConferenceOnExit")
        room.change(participant, "participant-modify")
    if form.has("Hold") and form.flag("Hold") != participant.hold:
        _hold(seat, form.hook("HoldUrl", method="HoldMethod"), on=form.flag("Hold"))
    if form.has("Muted") and form.flag("Muted") != participant.muted:
        participant.muted = form.flag("Muted")
        room.change(participant, "participant-mute" if participant.muted else "participant-unmute")
    if form.has("Coaching") or form.has("CallSidToCoach"):
        wanted = form.flag("Coaching", default=participant.coaching)
        coach(seat, on=wanted, whom=form.get("CallSidToCoach") or None)
    return _shown(ask, room, participant)


def _hold(seat: Seat, hook: Hook | None, *, on: bool) -> None:
    seat.participant.hold = on
    seat.quiet()
    if on and hook is not None:
        seat.play(hook.url, hook.method)
    seat.room.change(seat.participant, "participant-hold" if on else "participant-unhold")


async def delete_participant(ask: Ask) -> Response:
    """Take somebody out of the conference."""
    kick(_seat(ask))
    return Response(status_code=GONE)
