/** Words of the design page and of the shared components, in both languages. */
export const zh = {
  'design.title': '界面规范',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'design.title': 'Design system',
};
