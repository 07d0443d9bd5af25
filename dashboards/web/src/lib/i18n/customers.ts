/** Words of the page /customers, in both languages. */
export const zh = {
  'customers.empty': '尚无内容',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'customers.empty': 'Nothing here yet',
};
