/** A text cut around the piece that was found. Joined they are the text. */
export interface Piece {
  text: string;
  found: boolean;
}

const OUT = /[^\p{L}\p{N}]/gu;

/** Letters and digits of one case and width, as the server compares them. */
export const plain = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replace(OUT, '').replaceAll('ü', 'v');

/** Where the pieces in plain form stand in a text; what does not stand in it is left out. */
export function pieces(text: string, forms: readonly string[]): Piece[] {
  const signs = [...text];
  // For each sign of the plain form, the sign of the text that it comes from.
  const origin = signs.flatMap((sign, index) => [...plain(sign)].map(() => index));
  const whole = signs.map(plain).join('');
  const marked = new Set<number>();
  for (const form of forms) {
    const at = form ? whole.indexOf(form) : -1;
    if (at < 0) continue;
    const begin = origin[[...whole.slice(0, at)].length] ?? 0;
    const end = origin[[...whole.slice(0, at + form.length)].length - 1] ?? begin;
    for (let index = begin; index <= end; index += 1) marked.add(index);
  }
  const found: Piece[] = [];
  signs.forEach((sign, index) => {
    const last = found.at(-1);
    if (last && last.found === marked.has(index)) last.text += sign;
    else found.push({ text: sign, found: marked.has(index) });
  });
  return found;
}
