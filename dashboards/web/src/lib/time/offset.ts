/** How far the server's clock is ahead of this browser's, in milliseconds. */
export interface Offset {
  /** As of `atMs`, for a server at another pace than real time. */
  ms: number;
  /** Half the round trip of the best measurement: how wrong `ms` may be. */
  errorMs: number;
  /** Milliseconds that the server's clock gains per millisecond; 1 but in demonstrations. */
  rate: number;
  /** The moment of this browser's clock that `ms` was measured for. */
  atMs: number;
}

export const UNMEASURED: Offset = {
  ms: 0,
  errorMs: Number.POSITIVE_INFINITY,
  rate: 1,
  atMs: 0,
};

/** A moment of this browser's clock on the server's. */
export function serverMs(offset: Offset, localMs: number): number {
  return localMs + offset.ms + (offset.rate - 1) * (localMs - offset.atMs);
}

/** A larger jump than this is a changed clock, not a slow answer. */
const CHANGED_CLOCK_MS = 2000;

/** From a question and its answer: the server read its clock somewhere in between. */
export function fromRoundTrip(
  offset: Offset,
  serverMs: number,
  askedMs: number,
  answeredMs: number,
  rate = offset.rate,
): Offset {
  const errorMs = Math.max(0, answeredMs - askedMs) / 2;
  const atMs = (askedMs + answeredMs) / 2;
  const measured = { ms: serverMs - atMs, errorMs, rate, atMs };
  if (paced(offset, rate)) return measured;
  const moved = Math.abs(measured.ms - offset.ms) > offset.errorMs + errorMs + CHANGED_CLOCK_MS;
  return moved || errorMs <= offset.errorMs ? measured : offset;
}

/**
 * From a message that came by itself. It was on its way for an unknown time, so it can only show
 * that the server is further ahead than believed, or that a clock was changed.
 */
export function fromMessage(
  offset: Offset,
  serverMs: number,
  receivedMs: number,
  rate = offset.rate,
): Offset {
  const atLeast = serverMs - receivedMs;
  const heard = { ms: atLeast, errorMs: offset.errorMs, rate, atMs: receivedMs };
  if (paced(offset, rate)) return heard;
  const ahead = atLeast > offset.ms;
  const changed = offset.ms - atLeast > CHANGED_CLOCK_MS + offset.errorMs;
  return ahead || changed ? heard : offset;
}

/** At another pace than real time the newest measurement is the best one, old ones run away. */
function paced(offset: Offset, rate: number): boolean {
  return rate !== 1 || offset.rate !== 1;
}
