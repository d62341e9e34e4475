import { hash } from 'node:crypto';
import type { Json } from './elements.ts';
import type { FhirSourceMap } from './map.ts';
import { isVisit } from './status.ts';

/** 52 bits of a name's hash: a set of millions of names in bounded memory; two alike by chance among a million with probability 1.1e-4. */
export const fingerprint = (name: string): number => Number.parseInt(hash('sha256', name, 'hex').slice(0, 13), 16);

/** The types that others refer to and rows are made of. */
const REFERRED = ['Patient', 'Encounter', 'Medication', 'Organization'] as const;
export type Referred = (typeof REFERRED)[number];

/** Types that a reference may lead to in place of a patient or an encounter: what is about these makes no row. */
const OTHERS = ['Group', 'Device', 'Location', 'EpisodeOfCare'] as const;
export type Other = (typeof OTHERS)[number];

type Resolved = { type: string; id: string };

const UUID = /^urn:uuid:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const OID = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;
const CONDITIONAL = /^[A-Z][A-Za-z]+\?/;
const ABSOLUTE = /^(?!urn:(?:uuid|oid):)[a-z][a-z\d+.-]*:\S+$/i;

/** What an entry without an id is named by: an address that means the same wherever it stands, as RFC 4122 has it of a UUID. Another may mean somebody else in the next bundle. */
export const nameByUrl = (fullUrl: string | null): string | null => (fullUrl !== null && [UUID, OID, CONDITIONAL, ABSOLUTE].some((form) => form.test(fullUrl)) ? fullUrl : null);

/** What the files of a set hold, so that a reference can be followed before its target has come. */
export class ReferenceIndex {
  readonly #present = new Set<number>();
  readonly #types = new Set<string>();
  readonly #byUrl = new Map<string, Resolved>();
  /** null: several records have the identifier */
  readonly #byIdentifier = new Map<string, Resolved | null>();
  readonly #notVisits = new Set<number>();
  readonly #patientKeys = new Map<string, string>();
  readonly #medications = new Map<string, Json>();
  readonly #map: FhirSourceMap;

  constructor(map: FhirSourceMap) {
    this.#map = map;
  }

  static readonly wants = (text: string): boolean => REFERRED.some((type) => text.includes(`"${type}"`));

  /** `file`: a reference by `urn:uuid` holds within its bundle; another may say the same of somebody else. */
  add(resource: Json, fullUrl: string | null, file = 0): void {
    const { resourceType: type, id } = resource;
    const name = typeof id === 'string' ? id : nameByUrl(fullUrl);
    if (typeof type !== 'string' || name === null) return;
    const target = { type, id: name };
    const isReferred = (REFERRED as readonly string[]).includes(type);
    if (fullUrl !== null && (isReferred || (OTHERS as readonly string[]).includes(type)) && !fullUrl.endsWith(`${type}/${name}`)) this.#byUrl.set(`${file} ${fullUrl}`, target);
    if (!isReferred) return;
    this.#types.add(type);
    this.#present.add(fingerprint(`${type}/${name}`));
    const identifiers = Array.isArray(resource['identifier']) ? (resource['identifier'] as Json[]) : [];
    for (const identifier of identifiers) {
      const { system, value } = identifier ?? {};
      if (typeof value !== 'string') continue;
      // an export has millions of encounters, and names them by their ids
      if (type !== 'Encounter' || this.#map.format === 'fhir')
        for (const token of [value, `${typeof system === 'string' ? system : ''}|${value}`]) this.#identify(`${type}?identifier=${token}`, target);
      if (type === 'Patient' && this.#map.subject !== 'id' && system === this.#map.subject.identifierSystem) this.#patientKeys.set(name, value);
    }
    if (type === 'Medication') this.#medications.set(name, resource);
    if (type === 'Encounter' && !isVisit(resource)) this.#notVisits.add(fingerprint(name));
  }

  #identify(token: string, target: Resolved): void {
    const known = this.#byIdentifier.get(token);
    this.#byIdentifier.set(token, known === undefined || known?.id === target.id ? target : null);
  }

  /** A record of one of the types that is named and not read here. */
  addNamed(type: Referred, id: string): void {
    this.#types.add(type);
    this.#present.add(fingerprint(`${type}/${id}`));
  }

  /** The patient's key: by the map its id, or the identifier that the map names; null where the patient has none. */
  patientKey(id: string): string | null {
    return this.#map.subject === 'id' ? id : (this.#patientKeys.get(id) ?? null);
  }

  medication(id: string): Json | null {
    return this.#medications.get(id) ?? null;
  }

  /** Whether an encounter of the set makes a visit. */
  isVisit(id: string): boolean {
    return !this.#notVisits.has(fingerprint(id));
  }

  /**
   * Follows a reference to one of the types: relative, absolute, versioned, `urn:uuid`, conditional. `broken`: it leads to something that
   * ought to be in the set and is not; `elsewhere`: outside of it, or to one of the `others`, which may be.
   */
  resolve(reference: string, type: Referred, others: readonly Other[] = [], file = 0): { id: string } | 'broken' | 'elsewhere' {
    const entry = this.#byUrl.get(`${file} ${reference}`);
    if (entry) return entry.type === type ? { id: entry.id } : (others as readonly string[]).includes(entry.type) ? 'elsewhere' : 'broken';
    if (reference.startsWith('urn:')) return 'broken';
    if (reference.includes('?')) {
      const found = this.#byIdentifier.get(decoded(reference.slice(reference.lastIndexOf('/', reference.indexOf('?')) + 1)));
      if (found) return found.type === type ? { id: found.id } : 'broken';
      return found === null || this.#isWanted(type) ? 'broken' : 'elsewhere';
    }
    const [, named, id] = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(reference) ?? [];
    if (named !== undefined && (others as readonly string[]).includes(named)) return 'elsewhere';
    if (named !== type || id === undefined) return 'broken';
    if (this.#present.has(fingerprint(`${type}/${id}`))) return { id };
    if (!this.#map.patientsElsewhere) return this.#isWanted(type) ? 'broken' : 'elsewhere';
    // what a medication is stands in it alone
    return type === 'Medication' ? 'elsewhere' : type !== 'Patient' || this.#map.subject === 'id' ? { id } : 'broken';
  }

  /** A set has its patients, and all of their encounters or none; organizations and medications are no part of a patient's compartment, and may be elsewhere. */
  #isWanted(type: Referred): boolean {
    return type === 'Patient' || (type === 'Encounter' && this.#types.has(type));
  }

  /** Follows a reference that names its target by an identifier alone, which need not be one of the set: but for a patient’s. */
  identified(system: string | null, value: string, type: Referred): { id: string } | 'broken' | 'elsewhere' {
    const found = this.#byIdentifier.get(`${type}?identifier=${system ?? ''}|${value}`);
    return found ? { id: found.id } : type === 'Patient' ? 'broken' : 'elsewhere';
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** What a resource's rows need of the set it comes with. */
export type References = Pick<ReferenceIndex, 'resolve' | 'identified' | 'patientKey' | 'medication' | 'isVisit'>;

/** Which records of a set have come. */
export class Seen {
  readonly #names = new Set<number>();
  /** Is this the first time? */
  first(name: string): boolean {
    const before = this.#names.size;
    this.#names.add(fingerprint(name));
    return this.#names.size > before;
  }
}
