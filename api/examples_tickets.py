"""Examples for the OpenAPI document: tickets, guides, follow-ups."""

from typing import Any

TICKET = "01a20039-83d0-7b65-9a15-2f5a4c0be7a2"
AGENT = "01a20037-0a00-7111-8222-333344445556"
CALL = "01a20039-8011-75e1-8d2c-3a9a4f7c9b10"
CUSTOMER = "01a20037-0c33-7b0e-8d63-5b1f0a2c3d4e"
ORDER = "01a20039-8466-7466-8a01-9a1b2c3d4e5f"

GUIDE_OUTCOME: dict[str, Any] = {
    "urgency": 1,
    "trade": "low_voltage",
    "skills": [],
    "customer_side": [],
    "advice": [],
    "missing": None,
    "asked": ["danger", "life_support", "neighbours"],
    "because": [
        {"question": "neighbours", "answer": "dark", "effect": "urgency", "value": "1"},
        {"question": "neighbours", "answer": "dark", "effect": "trade", "value": "low_voltage"},
    ],
}
TICKET_SUMMARY: dict[str, Any] = {
    "id": TICKET,
    "number": "T20261121-0042",
    "kind": "fault_repair",
    "channel": "phone",
    "state": "ordered",
    "filed_at": "2026-11-21T14:49:12.331000Z",
    "filed_by": AGENT,
    "filed_by_name": "坐席",
    "due_at": "2026-11-21T15:33:46Z",
    "due_unknown": None,
    "reopened_at": None,
    "clock_started_at": "2026-11-21T14:48:46Z",
    "call_id": CALL,
    "customer_id": CUSTOMER,
    "caller_name": "王女士",
    "caller_name_en": None,
    "caller_phone": "+861062345678",
    "description": "整栋楼停电",
    "unit_id": None,
    "order_id": ORDER,
    "order_number": "20261121-0042",
    "order_state": "assigned",
    "fault_code": "no_power_building",
    "urgency": 1,
    "place": "景山街道 12 号楼",
    "place_en": "Block 12, Jingshan",
    "attachments": 0,
    "customer_side": None,
    "closed_at": None,
    "closed_how": None,
}
FOLLOW_UP: dict[str, Any] = {
    "id": "01a20041-1111-7466-8a01-9a1b2c3d4e5f",
    "ticket_id": TICKET,
    "ticket_number": "T20261121-0042",
    "kind": "fault_repair",
    "customer_id": CUSTOMER,
    "caller_name": "王女士",
    "caller_name_en": None,
    "phones": ["+861062345678"],
    "order_id": ORDER,
    "order_number": "20261121-0042",
    "fault_code": "no_power_building",
    "place": "景山街道 12 号楼",
    "place_en": "Block 12, Jingshan",
    "restored_at": "2026-11-21T15:20:10Z",
    "closed_outcome": "repaired",
    "state": "open",
    "opened_at": "2026-11-21T15:31:00Z",
    "due_at": "2026-11-22T15:20:10Z",
    "next_at": "2026-11-21T15:31:00Z",
    "tries": [],
    "claimed_by": None,
    "claimed_by_name": None,
    "claimed_at": None,
    "outcome": None,
    "satisfaction": None,
    "complaint_id": None,
    "complaint_number": None,
    "ended_at": None,
}
