/** Words of the design page and of the shared components, in both languages. */
export const zh = {
  'design.title': '界面规范',

  'ui.loading': '正在载入…',
  'ui.forbidden': '您没有查看这一页的权限',
  'ui.forbidden.hint': '请联系管理员，或换一个账号登录。',
  'ui.error': '无法载入',
  'ui.offline': '连接不到服务器',
  'ui.offline.hint': '请检查网络后重试。',
  'ui.offline.retrying': '正在自动重试。',
  'ui.pages': '页面',
  'ui.page.agent': '坐席',
  'ui.page.board': '看板',
  'ui.page.supervisor': '主管',
  'ui.page.crew': '班组',
  'ui.go': '按键 g {letter}',
  'ui.go.page': '去页面：{page}',
  'ui.rate.hint': '演示时钟的快慢：一秒当几秒',
  'ui.demo': '演示数据',
  'ui.demo.hint': '{name}：生成的城市，所有数据都是虚构的',
} as const;

export const en: Record<keyof typeof zh, string> = {
  'design.title': 'Design system',

  'ui.loading': 'Loading…',
  'ui.forbidden': 'You may not see this page',
  'ui.forbidden.hint': 'Ask your administrator, or log in with another account.',
  'ui.error': 'It cannot be loaded',
  'ui.offline': 'The server cannot be reached',
  'ui.offline.hint': 'Check the network and try again.',
  'ui.offline.retrying': 'Trying again by itself.',
  'ui.pages': 'Pages',
  'ui.page.agent': 'Agent desk',
  'ui.page.board': 'Board',
  'ui.page.supervisor': 'Supervision',
  'ui.page.crew': 'Crew',
  'ui.go': 'keys g {letter}',
  'ui.go.page': 'Go to: {page}',
  'ui.rate.hint': 'Pace of the demonstration clock: seconds told per second',
  'ui.demo': 'demo data',
  'ui.demo.hint': '{name}: a generated city, everything in it is made up',
};
