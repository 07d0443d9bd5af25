import type { Centre } from '../api/types';

/** Somebody should sit at this centre's desk, and nobody does. */
export const deskClosed = ({ desk }: Centre): boolean => desk !== null && !desk.open && desk.on_duty === true;
