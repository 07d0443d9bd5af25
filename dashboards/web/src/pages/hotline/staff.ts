import type { Schemas } from '../../lib/api/types';
import { t, type Language } from '../../lib/i18n/index.svelte';
import { wordIn } from '../../lib/phone/names';
import type { AgentRow } from '../../lib/phone/types';

export type Staff = Schemas['HotlineStaff'];
export type Person = Staff['people'][number];
/** A number that callers dial. */
export type OwnNumber = Staff['numbers'][number];
export type Skill = Staff['skills'][number];
/** What is set of a person; what is left out stays. */
export type Equipment = Schemas['EquipBody'];
export const LEVELS = [1, 2, 3, 4, 5] as const;

/** By the queues that ask for it; by its code where none does. */
export const skillName = ({ code, needed_by }: Skill): string => needed_by.map(wordIn).join(' / ') || code;

/** Its code, and at what level each queue asks for it. */
export const skillMeans = ({ code, needed_by }: Skill): string =>
  [code, ...needed_by.map((one) => t('hotline.skill.needed', { queue: wordIn(one), level: one.level }))].join(' · ');

export const languageName = (code: string, reader: Language): string =>
  new Intl.DisplayNames([reader], { type: 'language', languageDisplay: 'standard' }).of(code.split('-')[0] ?? code) ?? code;

/** People as the live rows have them; who gets no calls stands first, who only listens last. */
export function peopleOf(staff: Staff | null, live: ReadonlyMap<string, AgentRow> | null): Person[] {
  const people = (staff?.people ?? []).map((one): Person => {
    const row = live?.get(one.id);
    return row ? { ...one, skills: row.skills, serves: row.serves, languages: row.languages } : one;
  });
  const place = ({ answers, serves }: Person): number => (answers ? Number(serves.length > 0) : 2);
  return people.sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

/** What has changed and is to be sent; null: nothing. */
export function changed(person: Person, skills: Record<string, number>, languages: readonly string[], phone: string): Equipment | null {
  const had = new Map(Object.entries(person.skills));
  const has = new Map(Object.entries(skills).filter(([, level]) => level > 0));
  const same = had.size === has.size && [...has].every(([code, level]) => had.get(code) === level);
  const spoken = [...languages].sort().join() === [...person.languages].sort().join();
  const body: Equipment = {
    ...(same ? {} : { skills: Object.fromEntries(has) }),
    ...(spoken ? {} : { languages: [...languages] }),
    ...(phone === (person.phone ?? '') ? {} : { phone }),
  };
  return Object.keys(body).length > 0 ? body : null;
}

/** A number as carriers say it, from what was typed; null: not one. */
export function e164(text: string): string | null {
  const number = text.replace(/[\s()-]/g, '');
  return /^\+[1-9]\d{4,14}$/.test(number) ? number : null;
}
