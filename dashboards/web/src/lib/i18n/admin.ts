/** Words of the page /admin, in both languages. */
export const zh = {
  'admin.empty': '尚无内容',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'admin.empty': 'Nothing here yet',
};
