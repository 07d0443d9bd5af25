import { getContext, setContext } from 'svelte';
import { provideDesk } from '../../lib/desk/context';
import type { AgentDesk } from './desk.svelte';

const AGENT = Symbol('agent');

/** The same desk for this page's parts and for the shared parts of the order list. */
export function provideAgent(desk: AgentDesk): AgentDesk {
  provideDesk(desk);
  return setContext(AGENT, desk);
}
export const useAgent = (): AgentDesk => getContext<AgentDesk>(AGENT);
