import type { Schemas } from '../../lib/api/types';

type Distribution = Schemas['Distribution'];

const COLUMNS = [
  'key', 'key_zh', 'key_en', 'code', 'count', 'judged', 'within', 'late', 'share', 'unjudged',
  'anomalies', 'mean_s', 'p10_s', 'p25_s', 'median_s', 'p75_s', 'p90_s', 'p95_s', 'p99_s', 'max_s',
] as const;

/** A text that a spreadsheet takes as text, not as a formula. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** All lines of a report, seconds unrounded; period and population in every line. */
export function asCsv(report: Distribution): string {
  const about = [report.from, report.to, report.policy, report.policy_version, report.orders];
  const head = ['from', 'to', 'policy', 'policy_version', 'orders', ...COLUMNS].join(',');
  const lines = report.lines.map((line) =>
    [...about, ...COLUMNS.map((name) => line[name])].map(cell).join(','),
  );
  // The mark at the front makes spreadsheets read it as UTF-8.
  return `\uFEFF${[head, ...lines].join('\r\n')}\r\n`;
}
