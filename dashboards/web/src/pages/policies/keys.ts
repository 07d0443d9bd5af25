import { t } from '../../lib/i18n/index.svelte';
import { plainKey, typing, type KeyLine } from '../../lib/ui/keyboard';
import { DIMENSIONS, QUANTILES } from './calibration.svelte';
import { VIEWS, type Desk, type View } from './desk.svelte';
import { SPANS } from './period';
import { TABS } from './policies.svelte';

/** The first digit that a view has for itself. */
const OWN = VIEWS.length + 1;

export const keyLines = (view: View): KeyLine[] => [
  { keys: ['1', '2'], says: t('policies.views') },
  ...(view === 'policies'
    ? [
        { keys: ['j', 'k'], says: t('policies.key.list') },
        { keys: ['3', '…', '7'], says: t('policies.tabs') },
        { keys: ['e'], says: t('policies.edit') },
        { keys: ['c'], says: t('policies.confirm') },
        { keys: ['Ctrl ⏎'], says: t('policies.save') },
        { keys: ['F8'], says: t('policies.key.problem') },
        { keys: ['x'], says: t('policies.discard') },
        { keys: ['Esc'], says: t('policies.key.leave') },
      ]
    : [
        { keys: ['j', 'k'], says: t('policies.key.lines') },
        { keys: ['3', '4', '5'], says: t('calibrate.group') },
        { keys: ['d'], says: t('calibrate.span') },
        { keys: ['q'], says: t('calibrate.quantile') },
        { keys: ['x'], says: t('policies.key.choose') },
        { keys: ['p'], says: t('policies.key.propose') },
      ]),
  { keys: ['u'], says: t('keys.refresh') },
];

const after = <T>(all: readonly T[], one: T): T => all[(all.indexOf(one) + 1) % all.length] ?? one;

/** The browser's focus goes where the keys now act. */
function follow(selector: string): void {
  requestAnimationFrame(() => {
    const spot = document.querySelector<HTMLElement>(selector);
    spot?.focus({ preventScroll: true });
    spot?.scrollIntoView({ block: 'nearest' });
  });
}

function inPolicies(key: string, { policies, isAdmin, whatIf }: Desk): boolean {
  const tab = TABS[Number(key) - OWN];
  if (tab) policies.tab = tab;
  else if (key === 'j' || key === 'k') {
    policies.step(key === 'j' ? 1 : -1);
    follow('[data-pane-list] [tabindex="0"]');
  } else if (key === 'e' && isAdmin) {
    policies.edit();
    follow('[data-testid=document]');
  } else if (key === 'c' && isAdmin && policies.whole?.state === 'waiting' && !policies.editing) void policies.decide('confirm');
  else if (key === 'x') policies.discard();
  else if (key === 'u') {
    void policies.load();
    whatIf.refresh();
  } else return false;
  return true;
}

function inCalibration(key: string, desk: Desk): boolean {
  const history = desk.calibration;
  const dimension = DIMENSIONS[Number(key) - OWN];
  if (dimension) history.toggleBy(dimension);
  else if (key === 'j' || key === 'k') {
    history.move(key === 'j' ? 1 : -1);
    follow('[data-pane] [tabindex="0"]');
  } else if (key === 'd') history.chooseSpan(after(SPANS, history.span));
  else if (key === 'q') history.quantile = after(QUANTILES, history.quantile);
  else if (key === 'x' && history.line) history.toggle(history.line.code);
  else if (key === 'p') void desk.propose();
  else if (key === 'u') history.refresh();
  else return false;
  return true;
}

/** The page's whole keyboard. Letters stay letters while somebody writes. */
export function handleKey(event: KeyboardEvent, desk: Desk): void {
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && desk.policies.editing) {
    event.preventDefault();
    void desk.policies.save();
    return;
  }
  if (event.key === 'Escape' && typing(event.target)) {
    (event.target as HTMLElement).blur();
    return;
  }
  const key = plainKey(event);
  if (key === null) return;
  const view = VIEWS[Number(key) - 1];
  if (view) desk.look(view);
  else if (!(desk.view === 'policies' ? inPolicies(key, desk) : inCalibration(key, desk))) return;
  event.preventDefault();
}
