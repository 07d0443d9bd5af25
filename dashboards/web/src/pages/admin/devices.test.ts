import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clockWords, dayAfter, otherPlate, vehicleOf, whyNot, type Contest, type Fix, type Registry, type Stranger } from './device';
import { Devices } from './devices.svelte';

const stranger = (identity: string, more: Partial<Stranger> = {}): Stranger =>
  ({ protocol: 'jt808', identity, first_seen_at: `2026-01-01T00:00:${identity}Z`, ignored_at: null, tries: 1, ...more }) as Stranger;
const contest = (id: string): Contest => ({ id, closed_at: null }) as Contest;

describe('lists that change while they are read', () => {
  let answer: Record<string, unknown>;
  beforeEach(() => {
    answer = { '/api/devices/strangers': [stranger('01')], '/api/devices/contests': [] };
    vi.stubGlobal('fetch', async (path: string) => Response.json(answer[path]));
  });
  afterEach(() => void vi.unstubAllGlobals());
  const rows = (devices: Devices): string[] => devices.knocking.map(({ identity, tries }) => `${identity} ${tries}`);

  it('keep their rows until they are asked for, and count what came', async () => {
    const devices = new Devices();
    await devices.load();
    answer['/api/devices/strangers'] = [stranger('02'), stranger('01')];
    answer['/api/devices/contests'] = [contest('c')];
    await devices.load(true);
    expect(rows(devices)).toEqual(['01 1']);
    expect(devices.openNow).toBe(1);
    devices.showNewer();
    expect(rows(devices)).toEqual(['02 1', '01 1']);
    expect(devices.newer).toBeNull();
  });
  it('tell at once what only counts on', async () => {
    const devices = new Devices();
    await devices.load(true);
    answer['/api/devices/strangers'] = [stranger('01', { tries: 9 })];
    await devices.load(true);
    expect(rows(devices)).toEqual(['01 9']);
    expect(devices.newer).toBeNull();
  });
});

describe('why a position is not shown', () => {
  const device = { id: 'd', active: true, protocol: 'jt808', connected: true, vehicle_id: 'v', contests: 0, clock_off_min: null } as Registry;
  const words = { now: 1_000_000, at: (iso: string) => iso, reason: () => 'R', identity: (id: string) => `#${id}` };
  const fix = (shown: boolean): Fix => ({ fix_at: 'then', shown }) as Fix;
  const by = (device_id: string, quietMs: number) => ({ fix_at: 'last', device_id, quiet_at: new Date(quietMs).toISOString() });

  it('is one sentence where all is well', () => {
    expect(whyNot(device, { fixes: [fix(true)], position: by('d', 2_000_000) }, words)).toHaveLength(1);
  });
  it('names another device of the vehicle, and silence', () => {
    const why = whyNot(device, { fixes: [fix(false)], position: by('other', 500_000) }, words);
    expect(why).toHaveLength(3);
    expect(why[0]).toContain('#other');
    expect(why[1]).toContain('last');
    expect(why[2]).toContain('R');
  });
  it('puts what nobody sees first', () => {
    const lost = { ...device, active: false, contests: 1, vehicle_id: null } as Registry;
    expect(whyNot(lost, { fixes: [], position: null }, words)).toHaveLength(3);
  });
});

describe('words', () => {
  it('name a clock by hours where they are whole', () => {
    expect(clockWords(480, 'devices.clock')).toContain('8');
    expect(clockWords(-330, 'devices.clock')).toContain('330');
    expect(clockWords(null, 'devices.clock')).toBe('');
  });
  it('find the vehicle by its plate in whatever writing', () => {
    const vehicles = [{ id: 'v', plate: '京A·D1101', active: true }, { id: 'w', plate: '京A99', active: false }];
    expect(vehicleOf({ plate: '京a d1101' }, vehicles)).toBe('v');
    expect(vehicleOf({ plate: '京A99' }, vehicles)).toBe('');
    expect(vehicleOf({}, vehicles)).toBe('');
  });
  it('tell another plate from another writing', () => {
    expect(otherPlate({ plate: '京A-D1101' }, '京A·D1101')).toBe('');
    expect(otherPlate({ plate: '京A99' }, '京A·D1101')).toBe('京A99');
    expect(otherPlate({}, '京A·D1101')).toBe('');
  });
  it('step days over the end of a year', () => {
    expect(dayAfter('2026-12-31', 1)).toBe('2027-01-01');
  });
});
