import type { Schemas } from '../../lib/api/types';
import { language } from '../../lib/i18n/index.svelte';

export type Hit = Schemas['HitRow'];
export type Scope = 'order' | 'node' | 'region';

const SCOPES: Partial<Record<Hit['kind'], Scope>> = { order: 'order', line: 'node', transformer: 'node', region: 'region' };

/** What a notice would go to by this hit; null where it goes to nobody by it. */
export const scopeOf = ({ kind }: Hit): Scope | null => SCOPES[kind] ?? null;
export const titleOf = (hit: Hit): string => (language() === 'en' && hit.title_en) || hit.title_zh;
