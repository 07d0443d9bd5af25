/** Words of the page /followup, in both languages. */
export const zh = {
  'followup.empty': '尚无内容',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'followup.empty': 'Nothing here yet',
};
