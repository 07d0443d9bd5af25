import { serverClock } from '../time/clock.svelte';
import { get, post, setCsrfToken } from './client';
import type { Session } from './types';

function entered(session: Session, askedAt: number): Session {
  setCsrfToken(session.csrf_token);
  serverClock.sample(session.server_time, askedAt, Date.now(), session.rate);
  return session;
}

export async function currentSession(): Promise<Session> {
  const askedAt = Date.now();
  return entered(await get<Session>('/api/me'), askedAt);
}

export async function login(name: string, password: string): Promise<Session> {
  const askedAt = Date.now();
  return entered(await post<Session>('/api/login', { login: name, password }), askedAt);
}

export async function logout(): Promise<void> {
  await post<unknown>('/api/logout', {});
}

/** To the login page, and back here afterwards. */
export function goToLogin(): void {
  const back = location.pathname + location.search + location.hash;
  location.replace(`/login?next=${encodeURIComponent(back)}`);
}

/** The page where somebody of this role works. */
export const homeOf = (role: Session['user']['role']): string => (role === 'crew' ? '/crew' : '/');

/** Where to go after logging in; only places on this server. */
export function afterLogin(search: string, role: Session['user']['role']): string {
  const next = new URLSearchParams(search).get('next') ?? '/';
  const here = /^\/(?![/\\])/.test(next) && !next.startsWith('/login');
  return here && next !== '/' ? next : homeOf(role);
}
