import type { Schemas } from '../../lib/api/types';
import { csv } from '../../lib/csv';

type Distribution = Schemas['Distribution'];

const COLUMNS = [
  'key', 'key_zh', 'key_en', 'code', 'count', 'judged', 'within', 'late', 'share',
  'adjusted_share', 'adjusted_late', 'adjusted_mean_s', 'ruled', 'unjudged',
  'anomalies', 'mean_s', 'p10_s', 'p25_s', 'median_s', 'p75_s', 'p90_s', 'p95_s', 'p99_s', 'max_s',
] as const;

/** All lines of a report, seconds unrounded; period and population in every line. */
export function asCsv(report: Distribution): string {
  const about = [report.from, report.to, report.policy, report.policy_version, report.orders];
  const head = ['from', 'to', 'policy', 'policy_version', 'orders', ...COLUMNS];
  return csv(head, report.lines.map((line) => [...about, ...COLUMNS.map((name) => line[name])]));
}
