/** Lines of a text with the problems that belong to them: pure. */

export interface Wrong {
  field: string;
  line: number | null;
  message: { readonly zh: string; readonly en: string };
}

/** Problems by line (from 1); those without a line stand at the first. */
export function byLine(wrong: readonly Wrong[]): Map<number, Wrong[]> {
  const found = new Map<number, Wrong[]>();
  for (const one of wrong) {
    const line = one.line ?? 1;
    found.set(line, [...(found.get(line) ?? []), one]);
  }
  return found;
}

/** Where a line begins in the text. */
export function startOf(text: string, line: number): number {
  let at = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const next = text.indexOf('\n', at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at;
}

/** In which line (from 1) a place of the text lies. */
export const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;
