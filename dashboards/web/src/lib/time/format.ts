import { clockOf, dayCode, inWords } from './zone';

/** Seconds as `mm:ss`, from an hour on `h:mm:ss`; a minus sign (U+2212) when negative. */
export function duration(seconds: number): string {
  const sign = seconds < 0 ? '\u2212' : '';
  const whole = Math.floor(Math.abs(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = whole % 60;
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${sign}${h}:${two(m)}:${two(s)}` : `${sign}${two(m)}:${two(s)}`;
}

/** As `duration`, with a plus sign when positive. */
export function signed(seconds: number): string {
  return seconds >= 1 ? `+${duration(seconds)}` : duration(seconds > -1 ? 0 : seconds);
}

export function millis(iso: string | null | undefined): number | null {
  if (!iso) return null;
  const ms = Date.parse(iso);
  return Number.isFinite(ms) ? ms : null;
}

/** Time of day, 24-hour, on the installation's clock; the date too when it is another day. */
export function clockTime(iso: string | null | undefined, nowMs: number, locale: string): string {
  const ms = millis(iso);
  if (ms === null) return '';
  const time = clockOf(ms);
  if (dayCode(ms) === dayCode(nowMs)) return time;
  return `${inWords(ms, locale, { month: '2-digit', day: '2-digit' })} ${time}`;
}
