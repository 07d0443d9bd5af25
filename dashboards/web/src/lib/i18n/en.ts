import { en as customers } from './customers';
import { en as tickets } from './tickets';
import { en as followup } from './followup';
import { en as breaches } from './breaches';
import { en as admin } from './admin';
import { en as fleet } from './fleet';
import { en as devices } from './devices';
import { en as routing } from './routing';
import { en as importing } from './import';
import { en as policies } from './policies';
import { en as agent } from './agent';
import { en as phone } from './phone';
import { en as crew } from './crew';
import { en as acts } from './acts';
import { en as escalation } from './escalation';
import { en as help } from './help';
import { en as order } from './order';
import { en as stamps } from './stamps';
import { en as board } from './board';
import { en as find } from './find';
import { en as privacy } from './privacy';
import { en as design } from './design';
import { en as supervisor } from './supervisor';
import { en as wallboard } from './wallboard';
import { en as notices } from './notices';
import { en as hotline } from './hotline';
import type { zh } from './zh';

type Parameters<S extends string> = S extends `${string}{${infer P}}${infer Rest}`
  ? P | Parameters<Rest>
  : never;

export type Key = keyof typeof zh;
/** The `{parameters}` of the sentence under a key. */
export type ParametersOf<K extends Key> = Parameters<(typeof zh)[K]>;

/** A missing or superfluous key is a compile error; the parameters are compared by a test. */
export const en: Record<Key, string> = {
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

  'app.name': 'Paidan',
  'app.board': 'Dispatch board',
  'app.language': '中文',
  'app.language.hint': 'Switch to Chinese',
  'app.theme.dark': 'dark',
  'app.theme.light': 'light',
  'app.theme.auto': 'as the system',
  'app.theme.hint': 'Theme: {theme}',
  'app.size': 'text size',
  'app.size.hint': 'Text size: {size}',
  'app.logout': 'Log out',
  'app.keys': 'Keys',
  'app.close': 'Close',
  'app.cancel': 'Cancel',
  'app.retry': 'Try again',
  'app.none': 'none',
  'app.unknown': 'unknown',

  'login.title': 'Log in to Paidan',
  'login.about': 'From the end of the call to a crew at the door: who holds each minute.',
  'login.demo': 'Look around the demo city',
  'login.demo.hint': 'A made-up city at work. Choose a desk, no password.',
  'login.login': 'Login',
  'login.password': 'Password',
  'login.submit': 'Log in',
  'login.busy': 'Logging in…',
  'login.empty': 'Enter your login and password.',
  'login.offline': 'The server cannot be reached. Check the network and try again.',

  'connection.connecting': 'Connecting',
  'connection.live': 'Live',
  'connection.catching_up': 'Catching up',
  'connection.cut_off': 'Cut off',
  'connection.since': 'since {time}, for {age}',
  'connection.stale': 'Cut off. This is how things stood at {time}; reconnecting by itself.',

  'sound.enable': 'Enable sound',
  'sound.silenced': 'Silent {left}',
  'sound.hint.on': 'Sound is on; it can be silenced for a minute',
  'sound.hint.blocked': 'The browser allows no sound before the page is touched',
  'sound.hint.silenced': 'Silenced; it comes back by itself, or when pressed again',

  'state.no_orders': 'No open orders',
  'state.no_orders.hint': 'New orders appear here by themselves.',
  'state.no_match': 'No order matches “{query}”',
  'state.no_crews': 'No crews',

  'time.days': '{days} d {hours} h',

  'level.normal': 'normal',
  'level.watch': 'watch',
  'level.risk': 'at risk',
  'level.late': 'late',
  'level.unknown': 'unknown',

  'orders.title': 'Orders',
  'orders.number': 'Number',
  'orders.what': 'Place · fault',
  'orders.hop': 'Hops',
  'orders.holder': 'Held by',
  'orders.segment': 'Step left',
  'orders.promise': 'Promise',
  'orders.leave_by': 'leave by {time} at the latest',
  'orders.summary': '{count} open, {late} late, {risk} at risk',
  'orders.new': 'new',
  'orders.gone': 'left the board',
  'orders.held': 'Sorting is held',
  'orders.resort': 'Sort again',
  'orders.urgency': 'urgency {level}',
  'orders.chase_ups': 'chased {count}',
  'orders.alerts': 'alarm {count}',
  'orders.recall_unconfirmed': 'recall unconfirmed',
  'orders.attempt': 'attempt {attempt}',
  'orders.arrived': 'arrived',
  'orders.due': 'arrival due by {time}',

  'crews.title': 'Crews',
  'crews.free': 'free',
  'crews.busy': 'busy',
  'crews.away': 'away',
  'crews.active': 'on {number}',
  'crews.queue': '{count} queued',
  'crews.position': '{age} ago',
  'crews.position.hint': 'last known position; hatched: it is unknown where it is now',
  'crews.position.unknown': 'no position',
  'crews.position.since': 'unseen since {time}',
  'crews.no_vehicle': 'no vehicle',
  'crews.summary': '{free} free of {count}',

  'map.label': 'Map of orders and vehicles',
  'map.loading': 'Loading the map…',
  'map.failed': 'The map cannot be shown (no WebGL in this browser); the lists work as usual.',
  'map.fit': 'Show all',
  'map.zoom_in': 'Zoom in',
  'map.zoom_out': 'Zoom out',
  'map.legend.order': 'order',
  'map.legend.vehicle': 'vehicle',
  'map.legend.stale': 'position unknown',
  'map.empty': 'No positions to show yet',

  'search.label': 'Find an order (number, place, fault, crew)',
  'search.placeholder': 'Find  /',
  'search.clear': 'Clear',

  'keys.hint': 'j k choose · Enter details · / find · ? all keys',
  'keys.title': 'Keys',
  'keys.search': 'Find',
  'keys.next': 'Next order',
  'keys.previous': 'Previous order',
  'keys.open': 'Open the order',
  'keys.back': 'Back, cancel',
  'keys.sort': 'Sort again',
  'keys.fit': 'Map shows all',
  'keys.silence': 'Silent for a minute',
  'keys.help': 'This list',
  'keys.choose': 'Choose in a dialog',
};
