/** Words of the page /tickets, in both languages. */
export const zh = {
  'tickets.empty': '尚无内容',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'tickets.empty': 'Nothing here yet',
};
