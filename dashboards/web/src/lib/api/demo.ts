import { get, post } from './client';
import { entered } from './session';
import type { Session } from './types';

/** A desk of the demonstration city that anybody may sit down at. */
export interface DemoDesk {
  login: string;
  role: Session['user']['role'];
  name_zh: string;
  name_en: string;
  /** What one does there, in a sentence. */
  what_zh: string;
  what_en: string;
  /** The page it works on. */
  page: string;
}

/** Empty where there is no demonstration. */
export const demoDesks = (): Promise<readonly DemoDesk[]> => get<DemoDesk[]>('/api/demo');

/** Log in there, without a password. */
export async function enterDemo(login: string): Promise<Session> {
  const askedAt = Date.now();
  return entered(await post<Session>('/api/demo/enter', { login }), askedAt);
}
