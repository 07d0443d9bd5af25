import { getContext, setContext } from 'svelte';
import type { Desk } from './desk.svelte';

const DESK = Symbol('desk');

export const provideDesk = (desk: Desk): Desk => setContext(DESK, desk);
export const useDesk = (): Desk => getContext<Desk>(DESK);
