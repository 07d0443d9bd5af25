import { ApiProblem, newKey, NotReached, post } from '../../lib/api/client';
import { goToLogin } from '../../lib/api/session';
import { t } from '../../lib/i18n/index.svelte';

/** One form: what is being sent, what the server says about each field, and about the whole. */
export class Form {
  errors = $state.raw<Record<string, string>>({});
  refusal = $state('');
  busy = $state(false);
  #sent = '';
  #key = newKey();

  /** What the server says about one of these fields. */
  of(...names: string[]): string {
    return names.map((name) => this.errors[name]).find(Boolean) ?? '';
  }

  /** Send; null where it was refused. The same content goes out under the same key. */
  async send<A>(path: string, body: Record<string, unknown>): Promise<A | null> {
    if (this.busy) return null;
    const content = path + JSON.stringify(body);
    if (content !== this.#sent) [this.#sent, this.#key] = [content, newKey()];
    this.busy = true;
    this.errors = {};
    this.refusal = '';
    try {
      return await post<A>(path, body, this.#key);
    } catch (problem) {
      this.#refused(problem);
      return null;
    } finally {
      this.busy = false;
    }
  }

  #refused(problem: unknown): void {
    if (problem instanceof NotReached) {
      this.refusal = t('ui.offline');
      return;
    }
    if (!(problem instanceof ApiProblem)) throw problem;
    if (problem.status === 401) goToLogin();
    this.#sent = '';
    const found: Record<string, string> = {};
    for (const { field, message } of problem.fields) {
      const name = field.split('.')[1];
      if (name) found[name] ??= message;
    }
    this.errors = found;
    if (Object.keys(found).length === 0) this.refusal = problem.detail;
  }
}
