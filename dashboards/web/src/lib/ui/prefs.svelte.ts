/** What a person sets for this browser: theme and text size. */
export const THEMES = ['auto', 'dark', 'light'] as const;
export const SIZES = ['small', 'medium', 'large'] as const;
export type Theme = (typeof THEMES)[number];
export type Size = (typeof SIZES)[number];

function stored<T extends string>(key: string, known: readonly T[], otherwise: T): T {
  const value = localStorage.getItem(key);
  return known.find((each) => each === value) ?? otherwise;
}

class Preferences {
  theme = $state<Theme>(stored('paidan.theme', THEMES, 'auto'));
  size = $state<Size>(stored('paidan.size', SIZES, 'medium'));

  apply(): void {
    const root = document.documentElement;
    root.dataset.theme = this.theme;
    root.dataset.size = this.size;
  }

  nextTheme(): void {
    this.theme = after(THEMES, this.theme);
    localStorage.setItem('paidan.theme', this.theme);
    this.apply();
  }

  nextSize(): void {
    this.size = after(SIZES, this.size);
    localStorage.setItem('paidan.size', this.size);
    this.apply();
  }
}

function after<T>(all: readonly T[], one: T): T {
  return all[(all.indexOf(one) + 1) % all.length] ?? one;
}

export const preferences = new Preferences();
