"""Examples of escalations in the API's description."""

from typing import Any

ESCALATION_ROW: dict[str, Any] = {
    "id": "01a2003a-51c4-7c1e-9a3c-64b1c6a0d7e2",
    "order_id": "01a20039-8011-75e1-8d2c-3a9a4f7c9b11",
    "ticket_id": None,
    "number": "20261121-0001",
    "alert_id": "0b6f1b1e-4a9a-5f0e-9d51-7b86c4a2f3d1",
    "code": "not_accepted_centre",
    "occasion": "alarm",
    "began_at": "2026-11-21T14:53:31.020000Z",
    "next_at": "2026-11-21T14:55:31.020000Z",
    "ended_at": None,
    "cause": None,
    "ended_by": None,
    "steps": [
        {
            "step": 2,
            "at": "2026-11-21T14:53:31.020000Z",
            "recipient": "receiver",
            "unit_id": "01a20037-08c2-7366-b53b-6b86f3b69262",
            "unit_zh": "城东报修中心",
            "unit_en": "East repair centre",
            "person": "城东主任",
            "instead": False,
            "nobody": False,
            "notices": [
                {
                    "id": "01a2003a-51c5-7d10-8b3e-2b6d5f0a9c44",
                    "channel": "voice",
                    "text_code": "not_accepted.2",
                    "state": "unavailable",
                    "reason": "not_set_up",
                    "delivery": None,
                    "delivery_code": None,
                    "tries": 1,
                    "ended_at": "2026-11-21T14:53:31.480000Z",
                }
            ],
        }
    ],
}
