import { hash } from 'node:crypto';
import type { Json } from './elements.ts';
import type { FhirSourceMap } from './map.ts';

/** 52 bits of a name's hash: a set of millions of names in bounded memory; two alike by chance among a million with probability 1.1e-4. */
const fingerprint = (name: string): number => Number.parseInt(hash('sha256', name, 'hex').slice(0, 13), 16);

/** The types that others refer to and rows are made of. */
const REFERRED = ['Patient', 'Encounter', 'Medication', 'Organization'] as const;
export type Referred = (typeof REFERRED)[number];

type Resolved = { type: string; id: string };

/** What the files of a set hold, so that a reference can be followed before its target has come. */
export class ReferenceIndex {
  readonly #present = new Set<number>();
  readonly #types = new Set<string>();
  readonly #byUrl = new Map<string, Resolved>();
  readonly #byIdentifier = new Map<string, Resolved>();
  readonly #patientKeys = new Map<string, string>();
  readonly #medications = new Map<string, Json>();
  readonly #map: FhirSourceMap;

  constructor(map: FhirSourceMap) {
    this.#map = map;
  }

  static readonly wants = (text: string): boolean => REFERRED.some((type) => text.includes(`"${type}"`));

  add(resource: Json, fullUrl: string | null): void {
    const { resourceType: type, id } = resource;
    if (typeof type !== 'string' || !(REFERRED as readonly string[]).includes(type)) return;
    const name = typeof id === 'string' ? id : fullUrl;
    if (name === null) return;
    const target = { type, id: name };
    this.#types.add(type);
    this.#present.add(fingerprint(`${type}/${name}`));
    if (fullUrl?.startsWith('urn:')) this.#byUrl.set(fullUrl, target);
    const identifiers = Array.isArray(resource['identifier']) ? (resource['identifier'] as Json[]) : [];
    for (const identifier of identifiers) {
      const { system, value } = identifier ?? {};
      if (typeof value !== 'string') continue;
      if (type !== 'Encounter') this.#byIdentifier.set(`${type}?identifier=${typeof system === 'string' ? system : ''}|${value}`, target);
      if (type === 'Patient' && this.#map.subject !== 'id' && system === this.#map.subject.identifierSystem) this.#patientKeys.set(name, value);
    }
    if (type === 'Medication') this.#medications.set(name, resource);
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

  /**
   * Follows a reference to one of the types: relative, absolute, versioned, `urn:uuid`, conditional. `broken`: it leads to something that
   * ought to be in the set and is not; `elsewhere`: outside of it, which may be.
   */
  resolve(reference: string, type: Referred): { id: string } | 'broken' | 'elsewhere' {
    if (reference.startsWith('urn:')) {
      const found = this.#byUrl.get(reference);
      return found?.type === type ? { id: found.id } : 'broken';
    }
    if (reference.includes('?')) {
      const found = this.#byIdentifier.get(decoded(reference.slice(reference.lastIndexOf('/') + 1)));
      return found ? (found.type === type ? { id: found.id } : 'broken') : type === 'Patient' || this.#types.has(type) ? 'broken' : 'elsewhere';
    }
    const [, named, id] = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(reference) ?? [];
    if (named !== type || id === undefined) return 'broken';
    if (this.#present.has(fingerprint(`${type}/${id}`))) return { id };
    if (type === 'Patient') return this.#map.patientsElsewhere && this.#map.subject === 'id' ? { id } : 'broken';
    return this.#types.has(type) ? 'broken' : 'elsewhere';
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
export type References = Pick<ReferenceIndex, 'resolve' | 'patientKey' | 'medication'>;

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
