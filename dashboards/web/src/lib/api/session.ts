import { serverClock } from '../time/clock.svelte';
import { get, post, setCsrfToken } from './client';
import type { Session } from './types';

let rights: ReadonlySet<string> = new Set();

/** May whoever is logged in do this? Known once the session is. */
export const may = (right: string): boolean => rights.has(right);

export function entered(session: Session, askedAt: number): Session {
  setCsrfToken(session.csrf_token);
  rights = new Set(session.user.rights);
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

/** Who logs out does not come back to this place, whatever is refused meanwhile. */
let leaving = false;

export async function logout(): Promise<void> {
  leaving = true;
  await post<unknown>('/api/logout', {});
}

/** To the login page, and back here afterwards. */
export function goToLogin(): void {
  const back = location.pathname + location.search + location.hash;
  if (leaving) location.replace('/login');
  else location.replace(`/login?next=${encodeURIComponent(back)}`);
}

/** To the login page on arrival: who came by the bare address is led to the page of their role. */
export function askWho(): void {
  if (location.pathname + location.search + location.hash === '/') location.replace('/login');
  else goToLogin();
}

export type PageCode =
  | 'agent'
  | 'board'
  | 'supervisor'
  | 'crew'
  | 'customers'
  | 'tickets'
  | 'followup'
  | 'breaches'
  | 'fleet'
  | 'admin'
  | 'policies'
  | 'import'
  | 'wallboard'
  | 'notices'
  | 'hotline';

export interface PageEntry {
  code: PageCode;
  path: string;
  right: string;
  letter: string;
  /** Reached through the bar's menu; the desks have places of their own. */
  aside?: true;
}

/** The working pages, in the order of the bar, and the right that opens each. */
export const PAGES: readonly PageEntry[] = [
  { code: 'agent', path: '/agent', right: 'ticket.file', letter: 'a' },
  { code: 'board', path: '/', right: 'board.view', letter: 'b' },
  { code: 'supervisor', path: '/supervisor', right: 'report.view', letter: 's' },
  { code: 'crew', path: '/crew', right: 'crew.act', letter: 'c' },
  { code: 'customers', path: '/customers', right: 'directory.view', letter: 'u', aside: true },
  { code: 'tickets', path: '/tickets', right: 'ticket.view', letter: 't', aside: true },
  { code: 'followup', path: '/followup', right: 'followup.work', letter: 'f', aside: true },
  { code: 'breaches', path: '/breaches', right: 'review.view', letter: 'v', aside: true },
  { code: 'fleet', path: '/fleet', right: 'fleet.view', letter: 'l', aside: true },
  { code: 'admin', path: '/admin', right: 'organisation.view', letter: 'o', aside: true },
  { code: 'policies', path: '/policies', right: 'report.view', letter: 'p', aside: true },
  { code: 'import', path: '/import', right: 'directory.import', letter: 'i', aside: true },
  { code: 'hotline', path: '/hotline', right: 'call.supervise', letter: 'h', aside: true },
  { code: 'wallboard', path: '/wallboard', right: 'call.view', letter: 'w', aside: true },
  { code: 'notices', path: '/notices', right: 'notice.view', letter: 'n', aside: true },
];

const HOMES: Partial<Record<Session['user']['role'], string>> = {
  agent: '/agent',
  shift_lead: '/agent',
  supervisor: '/supervisor',
  crew: '/crew',
};

/** The page where somebody of this role works. */
export const homeOf = (role: Session['user']['role']): string => HOMES[role] ?? '/';

/** Where to go after logging in; only places on this server. */
export function afterLogin(search: string, role: Session['user']['role']): string {
  const next = new URLSearchParams(search).get('next') ?? '';
  const here = /^\/(?![/\\])/.test(next) && !next.startsWith('/login');
  return here ? next : homeOf(role);
}
