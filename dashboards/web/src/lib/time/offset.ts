/** How far the server's clock is ahead of this browser's, in milliseconds. */
export interface Offset {
  ms: number;
  /** Half the round trip of the best measurement: how wrong `ms` may be. */
  errorMs: number;
}

export const UNMEASURED: Offset = { ms: 0, errorMs: Number.POSITIVE_INFINITY };

/** A larger jump than this is a changed clock, not a slow answer. */
const CHANGED_CLOCK_MS = 2000;

/** From a question and its answer: the server read its clock somewhere in between. */
export function fromRoundTrip(
  offset: Offset,
  serverMs: number,
  askedMs: number,
  answeredMs: number,
): Offset {
  const errorMs = Math.max(0, answeredMs - askedMs) / 2;
  const measured = { ms: serverMs - (askedMs + answeredMs) / 2, errorMs };
  const moved = Math.abs(measured.ms - offset.ms) > offset.errorMs + errorMs + CHANGED_CLOCK_MS;
  return moved || errorMs <= offset.errorMs ? measured : offset;
}

/**
 * From a message that came by itself. It was on its way for an unknown time, so it can only show
 * that the server is further ahead than believed, or that a clock was changed.
 */
export function fromMessage(offset: Offset, serverMs: number, receivedMs: number): Offset {
  const atLeast = serverMs - receivedMs;
  const ahead = atLeast > offset.ms;
  const changed = offset.ms - atLeast > CHANGED_CLOCK_MS + offset.errorMs;
  return ahead || changed ? { ms: atLeast, errorMs: offset.errorMs } : offset;
}
