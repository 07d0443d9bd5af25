import { preferences } from '../../lib/ui/prefs.svelte';

const DARK = '(prefers-color-scheme: dark)';

/** Tokens as the browser really resolves them at an element, read anew when the theme changes. */
class Themed {
  element = $state<HTMLElement | null>(null);
  values = $state.raw<readonly string[]>([]);

  constructor(private readonly tokens: readonly string[]) {
    $effect(() => {
      void preferences.theme;
      const read = (): void => this.#read();
      read();
      const system = matchMedia(DARK);
      system.addEventListener('change', read);
      return () => system.removeEventListener('change', read);
    });
  }

  #read(): void {
    if (!this.element) return;
    const probe = this.element.appendChild(document.createElement('span'));
    this.values = this.tokens.map((token) => {
      probe.style.color = `var(${token})`;
      return getComputedStyle(probe).color;
    });
    probe.remove();
  }
}

export const themed = (tokens: readonly string[]): Themed => new Themed(tokens);
