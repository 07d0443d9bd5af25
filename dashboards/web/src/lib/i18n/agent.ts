/** Words of the agent page, in both languages. */
export const zh = {
  'agent.title': '坐席台',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'agent.title': 'Agent desk',
};
