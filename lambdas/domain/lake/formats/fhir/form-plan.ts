import { OMOP_TABLES, type OmopTable } from '../../omop-tables.ts';
import { careSiteIdOf } from '../../pseudonym.ts';
import type { Draft } from '../../reading.ts';
import { reference } from './about.ts';
import { Elements, type Json } from './elements.ts';
import { type Form, MOMENTS, type MomentPart, TOLD, isPeriod } from './line-parts.ts';
import type { References, Referred } from './references.ts';
import { MAKERS, isEnteredInError } from './resources.ts';

/** What a reference leads to: a record of the set; a patient without the key that the map names; outside of the set; nothing; nowhere. */
export type Standing = 'found' | 'keyless' | 'elsewhere' | 'unsaid' | 'broken';

/** A cell of a row that a form makes: the same in all of its resources, or the n-th of their moments or numbers. */
export type Cell = { constant: string | number } | { moment: MomentPart } | { number: number };
export type PlannedRow = { table: OmopTable; ordinal: number; hasVisit: boolean; careSiteId: number | null; cells: Readonly<Record<string, Cell>> };

/** Stands for the resource's own patient, encounter and record. */
const OWN = '~';
const STANDING: Readonly<Record<Standing, Json>> = {
  found: { reference: OWN },
  keyless: { reference: OWN },
  elsewhere: { reference: '#' },
  unsaid: { display: OWN },
  broken: { reference: '' },
};

/** Follows a reference that is told as JSON. */
export const standingOf = (json: string, type: Referred, references: References): { standing: Standing; id: string | null } => {
  const elements = new Elements({ held: JSON.parse(json) as unknown });
  const found = reference(elements, 'held', type, { record: OWN, index: references });
  if (elements.findings.length > 0) return { standing: 'broken', id: null };
  if (found === null) return { standing: 'unsaid', id: null };
  if (found === 'elsewhere') return { standing: 'elsewhere', id: null };
  if (type !== 'Patient') return references.isVisit(found.id) ? { standing: 'found', id: found.id } : { standing: 'elsewhere', id: null };
  const key = references.patientKey(found.id);
  return key === null ? { standing: 'keyless', id: null } : { standing: 'found', id: key };
};

/** Days and numbers to try a form with. What a maker does with one of two tries only, it decided by what it read: no plan then. */
type Try = { moments: Record<MomentPart, { day: string; time: string }>; number: (place: number) => number };
const TRIES: readonly [Try, Try] = [
  {
    moments: {
      start: { day: '1911-02-03', time: '04:05:06' },
      end: { day: '1913-04-05', time: '07:08:09' },
      noted: { day: '1912-06-07', time: '10:11:12' },
    },
    number: (place) => 7_040_101 + place,
  },
  {
    moments: {
      start: { day: '1921-12-13', time: '14:15:16' },
      end: { day: '1921-12-14', time: '17:18:19' },
      noted: { day: '1931-10-11', time: '20:21:22' },
    },
    number: (place) => -8_050_202.375 - place,
  },
];

/** One resource of the form. */
const resourceOf = ({ type, subject, visit, moments, verbatim, measured }: Form, attempt: Try, subjectStanding: Standing, visitStanding: Standing): Json => {
  const resource: Record<string, unknown> = { resourceType: type, id: OWN };
  if (subject) resource[subject] = STANDING[subjectStanding];
  if (visit) resource[visit] = STANDING[visitStanding];
  for (const part of MOMENTS) {
    const moment = moments[part];
    if (!moment) continue;
    const { day, time } = attempt.moments[part];
    const value = moment.hasTime ? `${day}T${time}Z` : day;
    resource[moment.element] = isPeriod(moment.element) ? { ...(resource[moment.element] as Json | undefined), [part]: value } : value;
  }
  let place = 0;
  for (const [member, json] of Object.entries(measured)) resource[member] = JSON.parse(json.replaceAll('"value":#', () => `"value":${attempt.number(place++)}`));
  for (const [member, json] of Object.entries(verbatim)) resource[member] = JSON.parse(json);
  return resource;
};

/** The resource, and whether a member was read that its form does not tell of. */
const watched = (resource: Json): { resource: Json; isTold: () => boolean } => {
  let isTold = true;
  const seen = (member: string | symbol): void => {
    if (!TOLD.has(String(member))) isTold = false;
  };
  const proxy = new Proxy(resource, {
    get: (target, member) => {
      seen(member);
      return Reflect.get(target, member);
    },
    has: (target, member) => {
      seen(member);
      return Reflect.has(target, member);
    },
    ownKeys: (target) => {
      isTold = false;
      return Reflect.ownKeys(target);
    },
  });
  return { resource: proxy, isTold: () => isTold };
};

const numberCount = ({ measured }: Form): number => Object.values(measured).reduce((count, json) => count + json.split('"value":#').length - 1, 0);

type Known = { day: Map<string, MomentPart>; time: Map<string, MomentPart>; number: Map<string, number> };
const knownOf = (attempt: Try, form: Form): Known => ({
  day: new Map(MOMENTS.map((part) => [attempt.moments[part].day, part])),
  time: new Map(MOMENTS.map((part) => [`${attempt.moments[part].day}T${attempt.moments[part].time}`, part])),
  number: new Map(Array.from({ length: numberCount(form) }, (_, place) => [String(attempt.number(place)), place])),
});

/** The cell's origin; null where a day is none of the resource's own, or a whole number might be a part of one. */
const cellOf = (table: OmopTable, column: string, value: string | number, known: Known): Cell | null => {
  const type = (OMOP_TABLES[table].columns as Readonly<Record<string, string>>)[column];
  if (type === 'DATE' || type === 'TIMESTAMP') {
    const moment = (type === 'DATE' ? known.day : known.time).get(String(value));
    return moment ? { moment } : null;
  }
  const place = known.number.get(String(value));
  if (place === undefined) return { constant: value };
  return type === 'DOUBLE' || type === 'VARCHAR' ? { number: place } : null;
};

const rowsOf = (drafts: readonly Draft[], namespace: string, known: Known): PlannedRow[] | null => {
  const ordinals = new Map<OmopTable, number>();
  const rows: PlannedRow[] = [];
  for (const { table, subject, record, visit, careSite, values } of drafts) {
    if (subject !== OWN || record !== OWN || (visit && visit !== `Encounter/${OWN}`)) return null;
    const ordinal = ordinals.get(table) ?? 0;
    ordinals.set(table, ordinal + 1);
    const cells: Record<string, Cell> = {};
    for (const [column, value] of Object.entries(values)) {
      if (value === null || value === undefined) continue;
      const cell = cellOf(table, column, value, known);
      if (cell === null) return null;
      cells[column] = cell;
    }
    rows.push({ table, ordinal, hasVisit: Boolean(visit), careSiteId: careSite ? careSiteIdOf(namespace, careSite) : null, cells });
  }
  return rows;
};

/**
 * The rows that every resource of a form makes, by the same makers that read resources one by one: they are given one resource of the form,
 * twice with different days and numbers. Null where its resources are to be read one by one: something speaks against them, or what they
 * become depends on more than the form tells.
 */
export const planOf = (form: Form, subject: Standing, visit: Standing, references: References, namespace: string): PlannedRow[] | null => {
  const own: References = {
    resolve: (text, type, others) => (text === OWN ? { id: OWN } : references.resolve(text, type, others)),
    identified: (system, value, type) => references.identified(system, value, type),
    isVisit: () => true,
    patientKey: (id) => (id === OWN ? (subject === 'keyless' ? null : OWN) : references.patientKey(id)),
    medication: (id) => references.medication(id),
  };
  const plans = TRIES.map((attempt) => {
    const { resource, isTold } = watched(resourceOf(form, attempt, subject, visit));
    if (isEnteredInError(resource)) return null;
    const elements = new Elements(resource);
    const drafts = (MAKERS[form.type] ?? (() => []))(elements, { record: OWN, index: own });
    return elements.findings.length > 0 || !isTold() ? null : rowsOf(drafts, namespace, knownOf(attempt, form));
  });
  return plans[0] && JSON.stringify(plans[0]) === JSON.stringify(plans[1]) ? plans[0] : null;
};
