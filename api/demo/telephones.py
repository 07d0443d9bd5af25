"""The callers' telephones, by the carrier simulator: real menus, queues and conversations."""

import asyncio

import httpx

from api.demo.door import Row, Unreachable
from api.demo.plan import Call, stream

PACE_UPTO = 12.0
"""How fast business may run with real telephones: they ring and are asked in seconds of business,
which the product needs some of.
"""
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
CALLED_BACK, LOST_THEIR_WAY = 0.08, 0.14
"""Up to this part of all callers: who asks to be called back while waiting, who presses wrongly."""


class Telephones:
    """Whoever calls has a telephone at the carrier whose control interface is at `base_url`."""

    def __init__(self, base_url: str, seed: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{base_url}/_sim", timeout=20, trust_env=False)
        self._seed = seed

    async def close(self) -> None:
        await self._http.aclose()

    async def call(self, call: Call, to: str) -> None:
        """Somebody calls; the rest is the carrier's. Raises Unreachable where it stays away."""
        phone = {
            "number": call.customer.phone,
            "to": to,
            "keys": keys_of(self._seed, call),
            "patience_s": call.patience_s,
            "talk_s": call.talk_s,
        }
        await self._post("/calls", phone)

    async def _post(self, path: str, body: Row) -> None:
        for pause in (*PAUSES_S, None):
            try:
                answer = await self._http.post(path, json=body)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return
            if pause is not None:
                await asyncio.sleep(pause)
        raise Unreachable(path)


def keys_of(seed: str, call: Call) -> list[str]:
    """What the caller presses: language, matter, and what a few press besides."""
    matter = "2" if call.fault is None else "3" if call.fault.urgency >= 3 else "1"
    luck = stream(seed, "keys", call.number).random()
    if luck < CALLED_BACK:
        return ["1", matter, "2"]
    return ["1", "9", matter] if luck < LOST_THEIR_WAY else ["1", matter]
