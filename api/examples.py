"""Examples of answers for the OpenAPI document: one order on its way, as the product gives them."""

from typing import Any

CENTRE = "01a20037-08c2-7366-b53b-6b86f3b69262"
CREW = "01a20037-09ab-77e4-b93e-9bd7d8e17efa"
VEHICLE = "01a20037-09ab-77e4-b93e-9bd8c0dd7335"
ORDER = "01a20039-8627-7697-9262-8f76eadec01b"
HOP = "01a20039-8a11-7c0e-8f4e-0c1d8f1f2b3a"
ASSIGNMENT = "01a20039-8c54-71d2-a6de-5b3b5a0f9c11"
CUSTOMER = "01a20037-11d4-7c02-8a44-5d1f2e3b4a59"

ORDER_ROW: dict[str, Any] = {
    "id": ORDER,
    "number": "20261121-0001",
    "kind": "fault_repair",
    "fault_code": "no_power_building",
    "place": "景山街道 12 号楼",
    "place_en": "Block 12, Jingshan",
    "lat": 39.9239,
    "lon": 116.3966,
    "place_source": "meter",
    "uncertainty_m": 40.0,
    "area_class": "urban",
    "urgency": 0,
    "trade": "low_voltage",
    "state": "assigned",
    "filed_at": "2026-11-21T14:49:20.412000Z",
    "centre_id": CENTRE,
    "hop": {
        "id": HOP,
        "attempt": 1,
        "sent_at": "2026-11-21T14:49:31.020000Z",
        "received_at": "2026-11-21T14:49:31.144000Z",
        "accepted_at": "2026-11-21T14:49:40.512000Z",
        "attempts": 1,
        "automatic": False,
    },
    "release": None,
    "assignment": {
        "id": ASSIGNMENT,
        "attempt": 1,
        "state": "active",
        "crew_id": CREW,
        "vehicle_id": VEHICLE,
        "sent_at": "2026-11-21T14:49:52.003000Z",
        "received_at": "2026-11-21T14:49:52.121000Z",
        "accepted_at": "2026-11-21T14:50:05.480000Z",
        "departed_at": None,
        "arrived_at": None,
        "queued": False,
        "attempts": 1,
    },
    "holder": {"code": "crew", "unit_id": CREW, "since": "2026-11-21T14:50:05.480000Z"},
    "points": {
        "A": "2026-11-21T14:48:46Z",
        "B": "2026-11-21T14:49:31.020000Z",
        "C": "2026-11-21T14:49:31.144000Z",
        "D": "2026-11-21T14:49:52.003000Z",
        "E": "2026-11-21T14:49:52.121000Z",
        "F": "2026-11-21T14:50:05.480000Z",
        "G": None,
        "H": None,
    },
    "running": {
        "segment": "FG",
        "from": "2026-11-21T14:50:05.480000Z",
        "limit_s": 180.0,
        "due_at": "2026-11-21T14:53:05.480000Z",
        "responsible": "crew",
        "unit_id": CREW,
    },
    "lost": [],
    "promise": {
        "due_at": "2026-11-21T15:33:46Z",
        "limit_s": 2700.0,
        "state": "running",
        "leave_by": "2026-11-21T15:05:46Z",
        "spender": None,
        "forecast": {
            "level": "calm",
            "probability": 0.93,
            "expected_at": "2026-11-21T15:12:10Z",
            "sd_s": 420.0,
            "journey": "straight_line",
            "at_best": False,
            "unknown": None,
            "spender": None,
            "responsible": None,
            "since": None,
        },
    },
    "alerts": [],
    "holds": [],
    "chase_ups": 0,
    "recall_unconfirmed": False,
    "version": 7,
}
CREW_ROW: dict[str, Any] = {
    "id": CREW,
    "code": "east-1",
    "name_zh": "城东一班",
    "name_en": "East crew 1",
    "centre_id": CENTRE,
    "trade": "low_voltage",
    "state": "busy",
    "active_order": "20261121-0001",
    "next_order": None,
    "queue": 0,
    "away_reason": None,
    "away_since": None,
    "away_until": None,
    "away_note": None,
    "overdue_since": None,
    "stand_in_id": None,
    "stands_in_for": [],
    "voltage_classes": ["0.4"],
    "vehicle_id": VEHICLE,
}
VEHICLE_ROW: dict[str, Any] = {
    "id": VEHICLE,
    "plate": "京A·D1101",
    "crew_id": CREW,
    "centre_id": CENTRE,
    "lat": 39.9301,
    "lon": 116.4012,
    "speed_kmh": 36.0,
    "course_deg": 210.0,
    "fix_at": "2026-11-21T14:50:21Z",
}
TICKET_ROW: dict[str, Any] = {
    "id": "01a20039-83d0-7b65-9a15-2f5a4c0be7a2",
    "number": "T20261121-0001",
    "kind": "fault_repair",
    "channel": "phone",
    "call_id": "01a20039-8011-75e1-8d2c-3a9a4f7c9b10",
    "filed_at": "2026-11-21T14:49:12.331000Z",
    "clock_started_at": "2026-11-21T14:48:46Z",
    "caller_name": "王女士",
    "caller_name_en": None,
    "caller_phone": "+861062345678",
    "description": "整栋楼停电",
    "customer_id": CUSTOMER,
}
STAMP_ROW: dict[str, Any] = {
    "id": "4b0c4f0e-51a3-5f2c-9d0e-8f1f2a3b4c5d",
    "point": "C",
    "at": "2026-11-21T14:49:31.144000Z",
    "recorded_at": "2026-11-21T14:49:31.150000Z",
    "source": "receipt",
    "by": "城东报修中心调度",
    "uncertainty_s": 0.0,
    "evidence": {"kind": "device", "ref": "screen:01a20039-7a10-7d33-b1f4-9a8b7c6d5e4f"},
    "hop_id": HOP,
    "assignment_id": None,
    "counts": True,
    "correction_reason": None,
}
SEGMENT_ROW: dict[str, Any] = {
    "code": "CD",
    "from_point": "C",
    "to_point": "D",
    "start": "2026-11-21T14:49:31.144000Z",
    "end": "2026-11-21T14:49:52.003000Z",
    "limit_s": 120.0,
    "spent_s": 20.859,
    "excluded_s": 0.0,
    "state": "done",
    "within": True,
    "slack_s": 99.141,
    "lent_s": 99.141,
    "borrowed_s": 0.0,
    "responsible": {"code": "centre", "name_zh": "报修中心", "name_en": "Repair centre"},
    "marks": [],
}
CALL_ROW: dict[str, Any] = {
    "id": "01a20039-8011-75e1-8d2c-3a9a4f7c9b10",
    "from_number": "+861062345678",
    "to_number": "+861095598",
    "state": "ended",
    "opened_at": "2026-11-21T14:47:30Z",
    "ended_at": "2026-11-21T14:48:46Z",
    "end_state": "completed",
    "taken_by": {"id": "01a20037-0a00-7111-8222-333344445556", "name": "坐席"},
    "taken_at": "2026-11-21T14:47:38.120000Z",
    "tickets": [
        {
            "id": "01a20039-8455-7466-8a01-9a1b2c3d4e5f",
            "kind": "fault_repair",
            "order_id": "01a20039-8466-7466-8a01-9a1b2c3d4e5f",
            "order_number": "20261121-0042",
        }
    ],
}
ME: dict[str, Any] = {
    "user": {
        "id": "01a20037-0a00-7111-8222-333344445555",
        "login": "lead",
        "name": "值长",
        "role": "shift_lead",
        "unit": {
            "id": "01a20037-0800-7111-8222-333344445555",
            "code": "hotline",
            "name_zh": "95598 热线",
            "name_en": "Hotline 95598",
            "kind": "hotline",
        },
        "scope": "all",
        "rights": ["board.view", "order.release"],
    },
    "csrf_token": "q1w2e3r4t5y6u7i8o9p0",
    "server_time": "2026-11-21T14:50:22.001000Z",
    "rate": 1.0,
    "organisation": {
        "code": "main",
        "name_zh": "供电公司",
        "name_en": "Power utility",
        "demo": False,
    },
}
PROBLEM: dict[str, Any] = {
    "type": "/problems/already_done",
    "title": "already done",
    "status": 409,
    "code": "already_done",
    "detail": "城东报修中心调度 already dispatched it to East crew 1 at 22:49:52.",
    "errors": [],
    "correlation_id": "01a20039-904c-7730-bbaa-45fc6acf1eb3",
}
REGION: dict[str, Any] = {
    "id": "01a20037-0f11-7d3e-9b1f-6c2d3e4f5a6b",
    "code": "LW",
    "name_zh": "柳湾区",
    "name_en": "Willow Bend",
    "centre_id": CENTRE,
    "centre_code": "east",
    "centre_name_zh": "城东报修中心",
    "centre_name_en": "East repair centre",
}
CALLER: dict[str, Any] = {
    "number": "+8616410027537",
    "customers": [
        {
            "customer_id": CUSTOMER,
            "number": "3300000201",
            "name_zh": "马芳",
            "name_en": "Ma Fang",
            "importance": "ordinary",
            "verified": True,
            "points": [
                {
                    "premise_id": "01a20037-11d4-7c02-8a44-5d1f2e3b4a60",
                    "address_zh": "柳湾区杏花路6号1单元402室",
                    "address_en": "Flat 1-402, 6 Apricot Road, Willow Bend",
                    "area_class": "urban",
                    "lat": 32.072186,
                    "lon": 118.841907,
                    "meter": "013300000201",
                    "region": REGION,
                    "line": [
                        {
                            "kind": "transformer",
                            "code": "LW-F3-T15",
                            "name_zh": "杏花路柳湾三线15号公变",
                            "name_en": "Apricot Road transformer 15 (Willow Bend line 3)",
                        }
                    ],
                    "on_transformer": {"code": "LW-F3-T15", "count": 1, "order_ids": [ORDER]},
                    "on_feeder": {"code": "LW-F3", "count": 1, "order_ids": [ORDER]},
                }
            ],
            "orders": [
                {
                    "id": ORDER,
                    "number": "20261121-0001",
                    "state": "assigned",
                    "fault_code": "no_power_building",
                    "urgency": 0,
                    "filed_at": "2026-11-21T14:49:20.412000Z",
                    "centre_id": CENTRE,
                    "place": "柳湾区杏花路6号",
                    "place_en": "6 Xinghua Road, Liuwan District",
                    "because": "customer",
                }
            ],
            "contacts": [],
        }
    ],
    "orders": [],
    "contacts": [
        {
            "kind": "call",
            "id": "01a20039-8011-75e1-8d2c-3a9a4f7c9b10",
            "at": "2026-11-21T14:46:02Z",
            "state": "completed",
            "ticket_id": TICKET_ROW["id"],
            "ticket_kind": "fault_repair",
            "order_id": ORDER,
            "order_number": "20261121-0001",
        }
    ],
}
DEMO_DESK: dict[str, Any] = {
    "login": "demo.east",
    "role": "dispatcher",
    "name_zh": "城东调度访客",
    "name_en": "Guest dispatcher, east",
    "what_zh": "看本中心的工单和车辆，派班组、撤回、改派",
    "what_en": "Orders on the map: send, recall, send again",
    "page": "/",
}

CANDIDATE: dict[str, Any] = {
    "lat": 39.9239,
    "lon": 116.3966,
    "source": "meter",
    "source_zh": "电表",
    "source_en": "from the meter",
    "uncertainty_m": 40.0,
    "label_zh": "景山街道 12 号楼",
    "label_en": "Block 12, Jingshan",
    "why_zh": "电表 3110000042",
    "why_en": "meter 3110000042",
    "region": None,
    "premise_id": "01a20037-08c2-7366-b53b-6b86f3b69262",
    "node_id": None,
    "node": None,
    "customer_id": None,
}
DUPLICATE: dict[str, Any] = {
    "kind": "order",
    "order_id": "01a20037-08c2-7366-b53b-6b86f3b69262",
    "ticket_id": "01a20037-09ab-77e4-b93e-9bd7d8e17efa",
    "number": "20260302-0007",
    "state": "assigned",
    "fault_code": "no_power_building",
    "place": "景山街道 12 号楼",
    "place_en": "Block 12, Jingshan",
    "filed_at": "2026-03-02T00:05:00Z",
    "score": 0.82,
    "distance_m": 40.0,
    "minutes": 12.0,
    "reasons": [
        {"code": "transformer", "zh": "同一台区", "en": "same transformer"},
        {"code": "near", "zh": "相距 40 m", "en": "40 m away"},
    ],
}
