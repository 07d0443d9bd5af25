import { createContext } from 'svelte';
import { ApiProblem } from '../../lib/api/client';
import type { Session } from '../../lib/api/types';
import { t } from '../../lib/i18n/index.svelte';
import { Saying } from '../../lib/ui/said.svelte';
import { Calibration } from './calibration.svelte';
import { Policies } from './policies.svelte';
import { WhatIf } from './whatif.svelte';

export const VIEWS = ['policies', 'calibration'] as const;
export type View = (typeof VIEWS)[number];

/** The page's state: which view, who is here, and each view's own. */
export class Desk {
  view = $state<View>(viewOf(location.hash));
  session = $state.raw<Session | null>(null);
  readonly saying = new Saying();
  readonly policies = new Policies(this.saying);
  readonly calibration = new Calibration();
  readonly whatIf = new WhatIf();
  readonly isAdmin = $derived(this.session?.user.rights.includes('organisation.admin') ?? false);

  enter(session: Session): void {
    this.session = session;
    this.policies.mayKeep = this.isAdmin;
  }

  /** The address was changed by hand, or by going back. */
  follow(): void {
    this.view = viewOf(location.hash);
  }

  look(view: View): void {
    this.view = view;
    history.replaceState(null, '', `#${view}`);
  }

  /** The figures that are shown as a draft of the next version. */
  async propose(): Promise<void> {
    const { calibration, policies } = this;
    const { answer, step, changing } = calibration;
    if (!answer || step !== null || changing.length === 0) return;
    try {
      const text = await calibration.propose();
      policies.begin({ code: answer.policy, base: answer.policy_version, text });
      policies.tab = 'changes';
      this.look('policies');
      this.saying.say({ tone: 'done', text: t('calibrate.proposed.said', { count: changing.length }) });
    } catch (problem) {
      const text = problem instanceof ApiProblem ? problem.detail : t('ui.offline');
      this.saying.say({ tone: 'refused', text });
    }
  }
}

export const viewOf = (hash: string): View =>
  VIEWS.find((view) => hash === `#${view}`) ?? 'policies';

export const [useDesk, provideDesk] = createContext<Desk>();
