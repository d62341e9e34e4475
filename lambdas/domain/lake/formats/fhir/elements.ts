import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Finding } from '../../reading.ts';

export type Json = Readonly<Record<string, unknown>>;
export type Coding = { system: string; code: string };
/** A FHIR date or dateTime as OMOP holds it: the first day of a partial one, local clock time without its zone. `lastDay`: the last that it can mean; `instant`: milliseconds, where it tells a time. */
export type Moment = { day: string; lastDay: string; time: string | null; instant: number | null };

/** Whether one lies after another: two times by their zones, else the days that they can mean (https://www.hl7.org/fhir/R4/datatypes.html#Period, per-1). */
export const isAfter = (one: Moment, other: Moment): boolean => (one.instant !== null && other.instant !== null ? one.instant > other.instant : one.day > other.lastDay);

/** An element has a value or children: none is empty (https://www.hl7.org/fhir/R4/json.html). */
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;

/** https://www.hl7.org/fhir/R4/datatypes.html#dateTime */
export const DATE_TIME =
  /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])(?:T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)))?)?)?$/;

/** The members of the data types that are read (https://www.hl7.org/fhir/R4/datatypes.html); any may have an id and extensions, also where it is a primitive. */
const MEMBERS = {
  CodeableConcept: ['coding', 'text'],
  Coding: ['system', 'version', 'code', 'display', 'userSelected'],
  Period: ['start', 'end'],
  Quantity: ['value', 'comparator', 'unit', 'system', 'code'],
  Reference: ['reference', 'type', 'identifier', 'display'],
} as const;
type DataType = keyof typeof MEMBERS;

const isMember = (name: string, type: DataType): boolean =>
  name === 'id' || name === 'extension' || (MEMBERS[type] as readonly string[]).includes(name.startsWith('_') ? name.slice(1) : name);

/** Reads the elements of one resource by their FHIR types; what is not of its type is a finding, and reads as absent. */
export class Elements {
  readonly resource: Json;
  readonly findings: Finding[] = [];

  constructor(resource: Json) {
    this.resource = resource;
  }

  wrong(field: string, reason: Reason): null {
    this.findings.push({ field, reason });
    return null;
  }

  required<T>(field: string, value: T | null): T | null {
    return value === null && !this.findings.some((finding) => finding.field === field || finding.field?.startsWith(`${field}.`)) ? this.wrong(field, 'missing-value') : value;
  }

  /** One of a required value set's codes. */
  code(field: string, allowed: readonly string[], of: Json = this.resource): string | null {
    const value = at(of, field);
    if (value === undefined) return null;
    if (typeof value !== 'string') return this.wrong(field, 'wrong-type');
    return allowed.includes(value) ? value : this.wrong(field, 'unknown-code');
  }

  boolean(field: string, of: Json = this.resource): boolean | null {
    const value = at(of, field);
    return value === undefined ? null : typeof value === 'boolean' ? value : this.wrong(field, 'wrong-type');
  }

  number(field: string, of: Json = this.resource, path = field): number | null {
    const value = at(of, field);
    return value === undefined ? null : typeof value === 'number' && Number.isFinite(value) ? value : this.wrong(path, 'wrong-type');
  }

  text(field: string, of: Json = this.resource, path = field): string | null {
    const value = at(of, field);
    return value === undefined ? null : typeof value === 'string' && value !== '' ? value : this.wrong(path, 'wrong-type');
  }

  object(field: string, of: Json = this.resource, path = field, type?: DataType): Json | null {
    const value = at(of, field);
    if (value === undefined) return null;
    if (!isObject(value)) return this.wrong(path, 'wrong-type');
    if (type) this.#knows(value, type, path);
    return value;
  }

  /** A member that its type does not have is one that is misspelt: what it tells would be lost. Its name may be somebody's, and is not told. */
  #knows(value: Json, type: DataType, path: string): void {
    if (!Object.keys(value).every((name) => isMember(name, type))) this.wrong(path, 'schema-violation');
  }

  list(field: string, of: Json = this.resource, path = field): Json[] {
    const value = at(of, field);
    if (value === undefined) return [];
    if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) {
      this.wrong(path, 'wrong-type');
      return [];
    }
    return value;
  }

  moment(field: string, of: Json = this.resource, path = field): Moment | null {
    const text = this.text(field, of, path);
    if (text === null) return null;
    const [, year, month, day, hour, minute, second] = DATE_TIME.exec(text) ?? [];
    if (year === undefined || Number(year) < 1) return this.wrong(path, 'unparsable-date');
    const calendar = `${year}-${month ?? '01'}-${day ?? '01'}`;
    if (!isDay(calendar)) return this.wrong(path, 'unparsable-date');
    const lastMonth = month ?? '12';
    const lastDay = `${year}-${lastMonth}-${day ?? lastDayOf(Number(year), Number(lastMonth))}`;
    // a leap second is told as the one before it
    const clock = hour === undefined ? null : `${calendar}T${hour}:${minute}:${second === '60' ? '59' : second}`;
    return { day: calendar, lastDay, time: clock, instant: clock === null ? null : Date.parse(`${clock}${text.slice(clock.length)}`) };
  }

  /** The codings of a CodeableConcept, those with a system and a code. */
  codings(field: string, of: Json = this.resource, path = field): Coding[] {
    const concept = this.object(field, of, path, 'CodeableConcept');
    if (!concept) return [];
    return this.list('coding', concept, `${path}.coding`).flatMap((coding, index) => {
      const here = `${path}.coding[${index}]`;
      this.#knows(coding, 'Coding', here);
      const [system, code] = [this.text('system', coding, `${here}.system`), this.text('code', coding, `${here}.code`)];
      return code === null ? [] : [{ system: system ?? '', code }];
    });
  }

  /** At most one of an element's types may be there: its name, such as `valueQuantity`, or null. */
  choice(stem: string, types: readonly string[], of: Json = this.resource, path = stem): string | null {
    const found = types.map((type) => `${stem}${type}`).filter((name) => of[name] !== undefined);
    if (found.length > 1) return this.wrong(`${path}[x]`, 'wrong-type');
    return found[0] ?? null;
  }
}

/** FHIR has no null but inside lists: an element that is null has another type than its own. */
const at = (of: Json, field: string): unknown => of[field];

/** Whether `YYYY-MM-DD`, with a month and a day of two digits each, is a day of the calendar. */
const isDay = (text: string): boolean => {
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8))];
  return day <= lastDayOf(year, month);
};

const lastDayOf = (year: number, month: number): number => {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
};
