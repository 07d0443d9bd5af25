import { useDesk } from '../../lib/desk/context';
import type { BoardDesk } from './desk.svelte';

/** The desk that this page provides. */
export const useBoard = (): BoardDesk => useDesk() as BoardDesk;
