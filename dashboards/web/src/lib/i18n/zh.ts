import { zh as customers } from './customers';
import { zh as tickets } from './tickets';
import { zh as followup } from './followup';
import { zh as breaches } from './breaches';
import { zh as admin } from './admin';
import { zh as fleet } from './fleet';
import { zh as devices } from './devices';
import { zh as routing } from './routing';
import { zh as importing } from './import';
import { zh as policies } from './policies';
import { zh as agent } from './agent';
import { zh as phone } from './phone';
import { zh as crew } from './crew';
import { zh as acts } from './acts';
import { zh as escalation } from './escalation';
import { zh as help } from './help';
import { zh as order } from './order';
import { zh as stamps } from './stamps';
import { zh as board } from './board';
import { zh as find } from './find';
import { zh as privacy } from './privacy';
import { zh as design } from './design';
import { zh as supervisor } from './supervisor';
import { zh as wallboard } from './wallboard';
import { zh as notices } from './notices';
import { zh as hotline } from './hotline';

/** Chinese, the first language. Each key must be in `en.ts` with the same `{parameters}`. */
export const zh = {
  ...agent,
  ...phone,
  ...crew,
  ...acts,
  ...escalation,
  ...help,
  ...order,
  ...stamps,
  ...board,
  ...design,
  ...supervisor,
  ...wallboard,
  ...notices,
  ...hotline,
  ...breaches,
  ...customers,
  ...privacy,
  ...find,
  ...tickets,
  ...followup,
  ...admin,
  ...fleet,
  ...devices,
  ...routing,
  ...importing,
  ...policies,

  'app.name': '派单',
  'app.board': '调度看板',
  'app.language': 'English',
  'app.language.hint': '切换到英文',
  'app.theme.dark': '深色',
  'app.theme.light': '浅色',
  'app.theme.auto': '跟随系统',
  'app.theme.hint': '明暗：{theme}',
  'app.size': '字号',
  'app.size.hint': '字号：{size}',
  'app.logout': '退出',
  'app.keys': '按键',
  'app.close': '关闭',
  'app.cancel': '取消',
  'app.retry': '重试',
  'app.none': '无',
  'app.unknown': '未知',

  'login.title': '登录派单',
  'login.about': '从客户挂机到抢修人员到场，每一分钟由谁负责。',
  'login.demo': '看看演示城',
  'login.demo.hint': '一座正在运转的虚构城市。选一个岗位，不用密码。',
  'login.login': '用户名',
  'login.password': '密码',
  'login.submit': '登录',
  'login.busy': '正在登录…',
  'login.empty': '请填写用户名和密码。',
  'login.offline': '连接不到服务器，请检查网络后重试。',

  'connection.connecting': '正在连接',
  'connection.live': '实时',
  'connection.catching_up': '正在补收',
  'connection.cut_off': '连接中断',
  'connection.since': '{time} 起，已 {age}',
  'connection.stale': '连接中断。以下是 {time} 的情况，不再更新；正在自动重连。',

  'sound.enable': '开启声音',
  'sound.silenced': '静音 {left}',
  'sound.hint.on': '声音已开启，可静音一分钟',
  'sound.hint.blocked': '浏览器在操作之前不允许发声',
  'sound.hint.silenced': '静音中，到时自动恢复；再按即恢复',

  'state.no_orders': '没有进行中的工单',
  'state.no_orders.hint': '新工单会自动出现在这里。',
  'state.no_match': '没有符合“{query}”的工单',
  'state.no_crews': '没有班组',

  'time.days': '{days} 天 {hours} 时',

  'level.normal': '正常',
  'level.watch': '关注',
  'level.risk': '有风险',
  'level.late': '超时',
  'level.unknown': '无法判断',

  'orders.title': '工单',
  'orders.number': '工单号',
  'orders.what': '地点 · 故障',
  'orders.hop': '传递',
  'orders.holder': '当前责任',
  'orders.segment': '本段剩余',
  'orders.promise': '到场剩余',
  'orders.leave_by': '最晚 {time} 出发',
  'orders.summary': '共 {count} 件，{late} 超时，{risk} 有风险',
  'orders.new': '新',
  'orders.gone': '已移出',
  'orders.held': '排序已停住',
  'orders.resort': '重新排序',
  'orders.urgency': '紧急 {level}',
  'orders.chase_ups': '催办 {count}',
  'orders.alerts': '告警 {count}',
  'orders.recall_unconfirmed': '撤回未确认',
  'orders.attempt': '第 {attempt} 次',
  'orders.arrived': '已到场',
  'orders.due': '应于 {time} 前到场',

  'crews.title': '班组',
  'crews.free': '空闲',
  'crews.busy': '在忙',
  'crews.away': '离岗',
  'crews.active': '在办 {number}',
  'crews.queue': '排队 {count}',
  'crews.position': '{age} 前',
  'crews.position.hint': '最近一次定位；斜纹：现在位置未知',
  'crews.position.unknown': '位置未知',
  'crews.position.since': '{time} 起位置未知',
  'crews.no_vehicle': '无车辆',
  'crews.summary': '{free} 空闲 / 共 {count}',

  'map.label': '地图：工单与车辆',
  'map.loading': '正在载入地图…',
  'map.failed': '地图无法显示（浏览器不支持 WebGL），列表照常可用。',
  'map.fit': '全部显示',
  'map.zoom_in': '放大',
  'map.zoom_out': '缩小',
  'map.legend.order': '工单',
  'map.legend.vehicle': '车辆',
  'map.legend.stale': '位置未知',
  'map.empty': '尚无可显示的位置',

  'search.label': '查找工单（号码、地点、故障、班组）',
  'search.placeholder': '查找  /',
  'search.clear': '清除查找',

  'keys.hint': 'j k 选单 · Enter 详情 · / 查找 · ? 全部按键',
  'keys.title': '按键一览',
  'keys.search': '查找',
  'keys.next': '下一张工单',
  'keys.previous': '上一张工单',
  'keys.open': '打开工单',
  'keys.back': '返回、取消',
  'keys.sort': '重新排序',
  'keys.fit': '地图显示全部',
  'keys.silence': '静音一分钟',
  'keys.help': '本表',
  'keys.choose': '在对话框中直接选择',
} as const;
