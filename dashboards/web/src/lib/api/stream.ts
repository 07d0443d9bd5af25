import { newKey, NotReached, refusal, writeHeaders } from './client';

/** How far a long answer is; `total` null: not known yet. */
export interface Step {
  done: number;
  total: number | null;
}

interface Line<T> {
  orders?: number;
  done?: number;
  answer?: T;
}

/** Take whole lines off the front of what has arrived; what is left waits for its end. */
export function linesOf<T>(text: string): { lines: Line<T>[]; rest: string } {
  const parts = text.split('\n');
  const rest = parts.pop() ?? '';
  return { lines: parts.filter(Boolean).map((part) => JSON.parse(part) as Line<T>), rest };
}

/**
 * Ask for what takes long: the server says how far it is, line by line, and answers in the last
 * one. With a body it is a POST. Given up through `signal`.
 */
export async function streamed<T>(
  path: string,
  body: unknown,
  signal: AbortSignal,
  onStep: (step: Step) => void,
): Promise<T> {
  const headers = { ...writeHeaders(newKey()), Accept: 'application/x-ndjson' };
  const init: RequestInit =
    body === undefined
      ? { headers }
      : { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', signal, ...init });
  } catch (error) {
    throw new NotReached(error);
  }
  if (!response.ok || !response.body) {
    throw refusal(response.status, await response.json().catch(() => null));
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const step: Step = { done: 0, total: null };
  let text = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const { lines, rest } = linesOf<T>(text + value);
      text = rest;
      for (const line of lines) {
        if (line.answer !== undefined) return line.answer;
        if (line.orders !== undefined) step.total = line.orders;
        if (line.done !== undefined) step.done = line.done;
        onStep({ ...step });
      }
    }
  } catch (error) {
    throw new NotReached(error);
  }
  throw new NotReached(null);
}
