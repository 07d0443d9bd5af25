/** Words of the agent page, in both languages. */
export const zh = {
  'agent.title': '坐席台',
  'agent.withheld': '号码未显示',
  'agent.taken': '这通电话由您接听',
  'agent.take.not_reached': '连接不到服务器，不知道是否接上。',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'agent.title': 'Agent desk',
  'agent.withheld': 'number withheld',
  'agent.taken': 'This call is yours',
  'agent.take.not_reached': 'The server was not reached; it is not known whether the call is yours.',
};
