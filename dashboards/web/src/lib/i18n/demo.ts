/** Words of the demonstration city, in both languages. */
export const zh = {
  'demo.mark': '演示',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'demo.mark': 'Demo',
};
