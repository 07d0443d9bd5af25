import { language } from '../i18n/index.svelte';

/** A refusal the server explained (RFC 9457). `detail` is in the reader's language. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields: readonly { field: string; message: string }[] = [],
  ) {
    super(detail);
    this.name = 'ApiProblem';
  }
}

/** The server was not reached, or did not answer in time: nothing is known about the outcome. */
export class NotReached extends Error {
  constructor(cause: unknown) {
    super('not reached', { cause });
    this.name = 'NotReached';
  }
}

const TIMEOUT_MS = 15_000;
/** Pauses before a write is sent again with the same Idempotency-Key. */
const RETRY_PAUSES_MS = [400, 1500, 4000];

let csrfToken = '';

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** A random UUID. `crypto.randomUUID` is missing on plain-HTTP addresses other than localhost. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What every write carries, whatever its body is. */
export const writeHeaders = (key: string): Record<string, string> => ({
  Accept: 'application/json',
  'Accept-Language': language(),
  'Idempotency-Key': key,
  'X-CSRF-Token': csrfToken,
});

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, {
      credentials: 'same-origin',
      ...init,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new NotReached(error);
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  throw refusal(response.status, body);
}

/** What the server said no with; `body` null where it could not be read. */
export function refusal(status: number, body: unknown): ApiProblem {
  const problem = (body ?? {}) as Partial<{
    code: string;
    detail: string;
    title: string;
    errors: { field: string; message: string }[];
  }>;
  return new ApiProblem(
    status,
    problem.code ?? `http_${status}`,
    problem.detail ?? problem.title ?? `HTTP ${status}`,
    problem.errors ?? [],
  );
}

export async function get<T>(path: string): Promise<T> {
  const headers = { Accept: 'application/json', 'Accept-Language': language() };
  return answer<T>(await send(path, { headers }));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Write. `key` names the person's action: when the network swallows the answer the same key is sent
 * again, and the server applies the action once. `pauses`: before each further try, ms.
 */
export async function post<T>(
  path: string,
  body: unknown,
  key = newKey(),
  pauses: readonly number[] = RETRY_PAUSES_MS,
): Promise<T> {
  for (const wait of [...pauses, null]) {
    try {
      const response = await send(path, {
        method: 'POST',
        headers: { ...writeHeaders(key), 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      return await answer<T>(response);
    } catch (error) {
      if (!(error instanceof NotReached) || wait === null) throw error;
      await pause(wait);
    }
  }
  throw new NotReached(null);
}
