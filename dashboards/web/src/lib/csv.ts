/** A text that a spreadsheet takes as text, not as a formula. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines of values under their names. */
export function csv(head: readonly string[], lines: readonly (readonly unknown[])[]): string {
  const all = [head, ...lines].map((line) => line.map(cell).join(','));
  // The mark at the front makes spreadsheets read it as UTF-8.
  return `\uFEFF${all.join('\r\n')}\r\n`;
}

/** Offer a text to be saved as a file. */
export function save(text: string, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
