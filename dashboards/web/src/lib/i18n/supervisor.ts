/** Words of the supervisor page, in both languages. */
export const zh = {
  'supervisor.title': '主管台',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'supervisor.title': 'Supervision',
};
