import { t } from '../../lib/i18n/index.svelte';
import type { Schemas } from '../../lib/api/types';
import { dayCode, isoFromBox } from '../../lib/time/zone';

export type Registry = Schemas['RegistryRow'];
export type Contest = Schemas['ContestRow'];
export type Stranger = Schemas['StrangerRow'];
export type Fixes = Schemas['DeviceFixes'];
export type Fix = Fixes['fixes'][number];
export type Protocol = NonNullable<Schemas['DeviceBody']['protocol']>;

const DAY_MS = 86_400_000;

/** What a terminal said of itself, in one line: maker, model, number, plate. */
export const saidLine = (told: Record<string, unknown>): string =>
  ['maker', 'model', 'terminal_id', 'plate']
    .map((name) => told[name])
    .filter((each) => typeof each === 'string' && each)
    .join(' · ');

/** What it has refused, in words; it is not asked again. */
export const refusals = ({ capability }: Registry): string =>
  (['question', 'menu', 'attributes'] as const)
    .filter((what) => capability[what] === false)
    .map((what) => t(`devices.refuses.${what}`))
    .join(' · ');

/** A length of time in hours where it is whole, else in minutes. */
function length(minutes: number): string {
  return minutes % 60 === 0
    ? t('devices.hours', { count: minutes / 60 })
    : t('devices.minutes', { count: minutes });
}

/** How its clock is off, in words for `what`; empty where it is not. */
export function clockWords(offMin: number | null, what: 'devices' | 'devices.clock'): string {
  if (!offMin) return '';
  return t(`${what}.${offMin > 0 ? 'behind' : 'ahead'}`, { hours: length(Math.abs(offMin)) });
}

/** That day and so many more. */
export const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** From when to when a day is. Today has no end: what is ahead of the clock is looked for, too. */
export function spanOf(day: string, nowMs: number): { since: string; until?: string } {
  const since = isoFromBox(day);
  if (day >= dayCode(nowMs)) return { since };
  return { since, until: isoFromBox(dayAfter(day, 1)) };
}

/** A plate without what is written in it for the eye. */
const bare = (plate: unknown): string => String(plate ?? '').replace(/[\s·.-]/g, '').toUpperCase();

/** Another plate than that of the vehicle which it is in; empty where they agree, or it tells none. */
export function otherPlate(told: Record<string, unknown>, plate: string | undefined): string {
  return told.plate && plate && bare(told.plate) !== bare(plate) ? String(told.plate) : '';
}

/** The vehicle whose plate a stranger told, in whatever writing of it. */
export function vehicleOf(
  told: Record<string, unknown>,
  vehicles: readonly { id: string; plate: string; active: boolean }[],
): string {
  const wanted = bare(told.plate);
  return (wanted && vehicles.find(({ plate, active }) => active && bare(plate) === wanted)?.id) || '';
}

/** What a device may speak, by the names that their makers and apps are known by. */
export const PROTOCOLS: Record<Protocol, string> = {
  jt808: 'JT/T 808',
  gl200: 'Queclink',
  gps103: 'GPS103 (Coban)',
  gt06: 'GT06 (Concox, Jimi)',
  h02: 'H02',
  meitrack: 'Meitrack',
  nmea: 'NMEA 0183',
  osmand: 'OsmAnd, Traccar Client',
  owntracks: 'OwnTracks',
  teltonika: 'Teltonika',
  tk103: 'TK103',
};
/** Each request by itself: these are never connected. */
const OVER_HTTP = new Set(['app', 'osmand', 'owntracks']);

/** Whether an administrator keeps it; crews' own pages are not. */
export const isKept = (device: { protocol: string } | undefined | null): boolean => device != null && device.protocol in PROTOCOLS;
/** What a stranger of this protocol is, most likely. */
export const kindOf = (protocol: string): 'terminal' | 'phone' => (OVER_HTTP.has(protocol) ? 'phone' : 'terminal');

/** In words, most telling first: why the device's position is not shown, or that it is. */
export function whyNot(
  device: Registry,
  { fixes: [newest], position }: Pick<Fixes, 'fixes' | 'position'>,
  words: { now: number; at: (iso: string) => string; reason: (fix: Fix) => string; identity: (id: string) => string },
): string[] {
  const why: string[] = [];
  if (!device.active) why.push(t('devices.why.inactive'));
  if (device.contests > 0) why.push(t('devices.why.contested'));
  const off = clockWords(device.clock_off_min, 'devices');
  if (off) why.push(t('devices.why.clock', { off }));
  if (device.active && !device.vehicle_id) why.push(t('devices.why.no_vehicle'));
  if (device.active && !OVER_HTTP.has(device.protocol) && !device.connected)
    why.push(
      device.last_seen_at
        ? t('devices.why.off', { at: words.at(device.last_seen_at) })
        : t('devices.why.never'),
    );
  if (position && position.device_id !== device.id)
    why.push(t('devices.why.other', { identity: words.identity(position.device_id) }));
  if (position && Date.parse(position.quiet_at) <= words.now)
    why.push(t('devices.why.quiet', { since: words.at(position.fix_at) }));
  if (!newest) why.push(t('devices.why.none'));
  else if (newest.shown) why.push(t('devices.why.shown', { at: words.at(newest.fix_at) }));
  else why.push(t('devices.why.not', { at: words.at(newest.fix_at), reason: words.reason(newest) }));
  return why;
}
