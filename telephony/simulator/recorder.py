"""Recordings: state, callbacks, and a short tone as media."""

import io
import math
import struct
import wave
from email.utils import format_datetime
from typing import TYPE_CHECKING

from telephony.simulator.model import Hook, Recording

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

RATE = 8000
MEDIA_S = 1.0
TONE_HZ = 440


class Recorder:
    """Starts, pauses and stops. Paused time is not in the recording."""

    def __init__(self, exchange: "Exchange") -> None:
        self._exchange = exchange

    def start(
        self,
        source: str,
        *,
        call_sid: str | None = None,
        conference_sid: str | None = None,
        callback: Hook | None = None,
        channels: int = 1,
    ) -> Recording:
        """Begin to record a call or a conference."""
        now = self._exchange.clock.now()
        recording = Recording(
            self._exchange.sid("RE"),
            source,
            now,
            now,
            call_sid,
            conference_sid,
            callback=callback,
            channels=channels,
            running_since=now,
        )
        known = self._exchange.world.recordings
        self._exchange.forget(known, lambda one: one.status not in ("in-progress", "paused"))
        known[recording.sid] = recording
        self._tell(recording)
        return recording

    def pause(self, recording: Recording) -> None:
        """What is said from now on is not recorded."""
        if recording.status == "in-progress":
            self._count(recording)
            recording.status, recording.running_since = "paused", None

    def resume(self, recording: Recording) -> None:
        """Record on."""
        if recording.status == "paused":
            recording.status = "in-progress"
            recording.running_since = self._exchange.clock.now()

    def stop(self, recording: Recording) -> None:
        """The recording is over; the second time nothing happens."""
        if recording.status not in ("in-progress", "paused"):
            return
        self._count(recording)
        recording.duration = round(recording.recorded_s)
        recording.status = "completed"
        self._tell(recording)

    def stop_all(self, call_sid: str) -> None:
        """A call is over: so are its recordings."""
        for recording in self._exchange.world.recordings.values():
            if recording.call_sid == call_sid and recording.conference_sid is None:
                self.stop(recording)

    def address(self, recording: Recording) -> str:
        """Where the media is; `.wav` may follow."""
        return f"{self._exchange.api_url}{self._exchange.path(f'Recordings/{recording.sid}')}"

    def _count(self, recording: Recording) -> None:
        now = self._exchange.clock.now()
        if recording.running_since is not None:
            recording.recorded_s += (now - recording.running_since).total_seconds()
        recording.updated_at = now

    def _tell(self, recording: Recording) -> None:
        self._exchange.trace.add("recording", recording=recording.sid, status=recording.status)
        hook = recording.callback
        if hook is None or recording.status not in hook.events:
            return
        params = {
            "AccountSid": self._exchange.world.account,
            "RecordingSid": recording.sid,
            "RecordingUrl": self.address(recording),
            "RecordingStatus": recording.status,
            "RecordingDuration": str(recording.duration if recording.duration is not None else -1),
            "RecordingChannels": str(recording.channels),
            "RecordingStartTime": format_datetime(recording.started_at.replace(microsecond=0)),
            "RecordingSource": recording.source,
        }
        if recording.call_sid:
            params["CallSid"] = recording.call_sid
        if recording.conference_sid:
            params["ConferenceSid"] = recording.conference_sid
        self._exchange.deliver.tell(hook, params, about="recording")


def media() -> bytes:
    """A WAV of one second, whatever was said."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        count = int(RATE * MEDIA_S)
        samples = (int(9000 * math.sin(2 * math.pi * TONE_HZ * n / RATE)) for n in range(count))
        file.writeframes(struct.pack(f"<{count}h", *samples))
    return out.getvalue()
