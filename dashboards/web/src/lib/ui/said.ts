/** What the status line says after an action. */
export interface Said {
  tone: 'done' | 'refused' | 'busy';
  text: string;
  /** Take the action back, or send it again. */
  offer?: { label: string; act: () => void };
}
