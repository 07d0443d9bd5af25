import type { CrewRow, OrderRow } from '../api/types';

/** An order as the board gets it, filed and on no road yet; `changes` set it apart. */
export function anOrder(changes: Partial<OrderRow> = {}): OrderRow {
  return {
    id: 'order',
    number: '20260101-0001',
    kind: 'fault_repair',
    fault_code: 'no_power_home',
    place: '景山街道 12 号楼',
    place_en: null,
    lat: 39.92,
    lon: 116.39,
    place_source: 'meter',
    uncertainty_m: 40,
    area_class: 'urban',
    urgency: 0,
    trade: 'any',
    state: 'filed',
    filed_at: '2026-01-01T00:00:00Z',
    centre_id: null,
    hop: null,
    release: null,
    assignment: null,
    holder: { code: 'hotline', unit_id: null, since: '2026-01-01T00:00:00Z' },
    points: { A: null, B: null, C: null, D: null, E: null, F: null, G: null, H: null },
    running: null,
    lost: [],
    promise: { due_at: null, limit_s: null, state: 'unknown', leave_by: null, spender: null, forecast: null },
    alerts: [],
    sounds: [],
    holds: [],
    chase_ups: 0,
    recall_unconfirmed: false,
    version: 1,
    ...changes,
  };
}

/** A crew that is free, without a vehicle; `changes` set it apart. */
export function aCrew(changes: Partial<CrewRow> = {}): CrewRow {
  return {
    id: 'crew-1',
    code: 'C1',
    name_zh: '一班',
    name_en: 'Crew 1',
    centre_id: 'centre-1',
    trade: 'any',
    state: 'free',
    active_order: null,
    next_order: null,
    queue: 0,
    away_reason: null,
    away_since: null,
    away_until: null,
    away_note: null,
    overdue_since: null,
    stand_in_id: null,
    stands_in_for: [],
    voltage_classes: [],
    vehicle_id: null,
    ...changes,
  };
}
