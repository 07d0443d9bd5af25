import type { Iso, Schemas } from '../api/types';
import { Window, type Rows } from './window.svelte';

export type Review = Schemas['ReviewRow'];
export type Anomaly = Schemas['AnomalyRow'];
type Snapshot = Schemas['BreachSnapshot'];

/** Breaches due within so many hours, with their reviews, and the anomalies that wait. */
export class BreachFeed extends Window<Snapshot> {
  readonly topic = 'breaches';
  hours = $state('24');
  /** Older ones of the period were left out. */
  more = $state(false);

  protected get path(): string {
    return `/api/breaches?hours=${this.hours}`;
  }

  get reviews(): ReadonlyMap<string, Review> | null {
    return (this.rows?.review as ReadonlyMap<string, Review> | undefined) ?? null;
  }

  get anomalies(): ReadonlyMap<string, Anomaly> | null {
    return (this.rows?.anomaly as ReadonlyMap<string, Anomaly> | undefined) ?? null;
  }

  protected read({ reviews, anomalies, more }: Snapshot): Rows {
    this.more = more;
    const byId = <T extends { id: string }>(rows: T[]): Map<string, T> => new Map(rows.map((row) => [row.id, row]));
    return { review: byId(reviews), anomaly: byId(anomalies) };
  }

  protected bornAt(entity: string, row: unknown): Iso | null {
    return entity === 'review' ? (row as Review).due_at : null;
  }
}
