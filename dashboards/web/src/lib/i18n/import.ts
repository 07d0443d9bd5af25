/** Words of the page /import, in both languages. */
export const zh = {
  'import.empty': '尚无内容',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'import.empty': 'Nothing here yet',
};
