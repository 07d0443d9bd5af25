"""Examples of answers about a customer and about unmasking, for the OpenAPI document."""

from typing import Any

from api.examples import CALLER, CUSTOMER

PHONE_ID = "01a20037-11d4-7c02-8a44-5d1f2e3b4b01"
UNMASKED: dict[str, Any] = {
    "id": "01a2003a-0b11-7d5e-9a01-2c3d4e5f6a7b",
    "value": "+8616412345678",
    "value_en": None,
    "until": "2026-11-21T14:51:20.412000Z",
}
UNMASKING: dict[str, Any] = {
    "id": UNMASKED["id"],
    "at": "2026-11-21T14:50:20.412000Z",
    "by": {"id": "01a20037-0a01-7e10-8c2d-112233445566", "name": "主管", "role": "supervisor"},
    "entity": "phone",
    "entity_id": PHONE_ID,
    "number": "1100000001",
    "customer_id": "01a20037-0a02-7e10-8c2d-112233445566",
    "field": "number",
    "reason_code": "call_back",
    "reason_text": None,
}
NOTE: dict[str, Any] = {
    "id": "01a2003a-1c22-7f6f-8b12-3d4e5f6a7b8c",
    "by": "坐席",
    "at": "2026-11-20T09:12:05.000000Z",
    "words": "门禁密码找物业值班室要",
    "pinned": True,
    "hidden_at": None,
    "hidden_by": None,
    "hidden_why": None,
}
_KNOWN = CALLER["customers"][0]
CUSTOMER_PAGE: dict[str, Any] = {
    "id": CUSTOMER,
    "number": _KNOWN["number"],
    "name_zh": _KNOWN["name_zh"],
    "name_en": _KNOWN["name_en"],
    "importance": _KNOWN["importance"],
    "account_state": "active",
    "category": "residential",
    "voltage": "0.4",
    "contract_kva": None,
    "running_kva": None,
    "commissioned_on": "2011-06-18",
    "phones": [
        {
            "id": PHONE_ID,
            "number": "+8616412345678",
            "verified": True,
            "used_by": "owner",
            "language": None,
        }
    ],
    "points": _KNOWN["points"],
    "open_orders": [{**one, "appointment_at": None, "begins_at": None} for one in _KNOWN["orders"]],
    "orders": [
        {
            key: _KNOWN["orders"][0][key]
            for key in (
                "id",
                "number",
                "state",
                "fault_code",
                "urgency",
                "filed_at",
                "place",
                "place_en",
            )
        }
    ],
    "tickets": [],
    "calls": CALLER["contacts"],
    "outages": [
        {
            "order_id": _KNOWN["orders"][0]["id"],
            "order_number": _KNOWN["orders"][0]["number"],
            "fault_code": _KNOWN["orders"][0]["fault_code"],
            "because": "premise",
            "began_at": _KNOWN["orders"][0]["filed_at"],
            "ended_at": None,
        }
    ],
    "notes": [NOTE],
}
