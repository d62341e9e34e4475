import type { Reader, Refusal, SetFile, Unit } from '../../reading.ts';
import { Elements, type Json } from './elements.ts';
import { type Entry, type FileProblem, bundleEntries, lineEntries } from './entries.ts';
import type { FhirSourceMap } from './map.ts';
import { ReferenceIndex, Seen, nameByUrl } from './references.ts';
import { MAKERS, isEnteredInError } from './resources.ts';
import { refuseUnknown } from './strictness.ts';
import { Versions } from './versions.ts';

/** https://www.hl7.org/fhir/R4/datatypes.html#id */
const ID = /^[A-Za-z0-9.-]{1,64}$/;
const TYPE = /^[A-Z][A-Za-z]{1,63}$/;

const entriesOf = (file: SetFile, map: FhirSourceMap, wanted?: (text: string) => boolean): AsyncGenerator<Entry | FileProblem> =>
  map.format === 'fhir' ? bundleEntries(file) : lineEntries(file, wanted);

/**
 * FHIR R4, a set of files that may refer to one another in any order: first what they hold is indexed, then each is read. What is
 * kept of a set in memory are the names of its records, the newest version of those that a history tells, and its patients, encounters,
 * medications and organizations.
 */
export const prepareFhir = async (files: readonly SetFile[], map: FhirSourceMap): Promise<Reader<FhirSourceMap>> => {
  const index = new ReferenceIndex(map);
  const versions = new Versions();
  const histories = new Set<SetFile>();
  const add = ({ resource, fullUrl, method }: ResourceEntry, file: SetFile): void => {
    if (method !== 'DELETE' && !isEnteredInError(resource)) index.add(resource, fullUrl, file.index);
  };
  await lookThrough(files, map, (entry, file) => {
    const record = recordOf(entry);
    if (!entry.version) add(entry, file);
    else if (record !== null) {
      histories.add(file);
      versions.add(record, entry, entry.version, file.index);
    }
  });
  await lookThrough([...histories], map, (entry, file) => {
    const record = recordOf(entry);
    if (entry.version && record !== null && versions.standing(record, entry.where, file.index) === 'newest') add(entry, file);
  });
  // a bundle may say again what another said, such as its hospital; the files of one export may not
  const inSet = map.format === 'fhir' ? null : new Seen();
  return async function* (chosen) {
    for (const file of chosen) yield* readFile(file, map, index, versions, inSet ?? new Seen());
  };
};

const lookThrough = async (files: readonly SetFile[], map: FhirSourceMap, use: (entry: ResourceEntry, file: SetFile) => void): Promise<void> => {
  for (const file of files)
    try {
      for await (const entry of entriesOf(file, map, ReferenceIndex.wants)) if ('resource' in entry) use(entry, file);
    } catch {
      // what cannot be expanded is refused, and what faults faults again, when the file is read
    }
};

async function* readFile(file: SetFile, map: FhirSourceMap, index: ReferenceIndex, versions: Versions, seen: Seen): AsyncGenerator<Unit | Refusal> {
  for await (const entry of entriesOf(file, map)) {
    if ('refused' in entry) yield { file: file.index, ...entry };
    else for (const unit of versionUnits(entry, versions, file.index) ?? unitsOf(entry, index, seen, file.index)) yield { file: file.index, ...unit };
  }
}

/** What becomes of a history's version that does not count: nothing, where a newer one stands for it. Null: it counts. */
const versionUnits = (entry: Entry, versions: Versions, file: number): FileUnit[] | null => {
  const record = 'resource' in entry && entry.version ? recordOf(entry) : null;
  const standing = record === null ? 'newest' : versions.standing(record, entry.where, file);
  if (standing === 'newest') return null;
  return standing === 'older'
    ? [{ where: entry.where, drafts: [] }]
    : [{ where: entry.where, findings: [{ field: 'meta.lastUpdated', reason: 'contradictory-value' }], text: entry.text() }];
};

type ResourceEntry = Extract<Entry, { resource: Json }>;
/** A unit of one file. */
type FileUnit = Unit extends infer U ? (U extends Unit ? Omit<U, 'file'> : never) : never;

/** The target of a deletion: a request's `Type/id`. */
const deletedRecord = (url: string | null): string | null => /^(?:.*\/)?([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(url ?? '')?.[1] ?? null;

/** What an entry tells of, or deletes. */
const recordOf = ({ resource, fullUrl, method, url }: ResourceEntry): string | null => {
  if (method === 'DELETE') return deletedRecord(url);
  const { resourceType: type, id } = resource;
  const name = id ?? nameByUrl(fullUrl);
  return typeof type === 'string' && typeof name === 'string' ? `${type}/${name}` : null;
};

/** What one entry becomes, in the order in which the set tells them. */
export const unitsOf = (entry: Entry, index: ReferenceIndex, seen: Seen, file = 0): FileUnit[] => {
  const { where } = entry;
  const leftOut = (findings: Elements['findings']): FileUnit[] => [{ where, findings, text: entry.text() }];
  if ('unreadable' in entry) return leftOut([{ field: null, reason: 'malformed-row' }]);
  const { resource, fullUrl, method, url } = entry;
  if (method === 'DELETE') {
    const record = deletedRecord(url);
    if (record === null) return leftOut([{ field: 'request.url', reason: 'broken-reference' }]);
    return [{ where, deleted: [{ record }] }];
  }
  // a patch changes what is kept elsewhere
  if (method === 'PATCH') return leftOut([{ field: 'request.method', reason: 'unknown-code' }]);
  const { resourceType: type, id } = resource;
  if (typeof type !== 'string' || !TYPE.test(type)) return leftOut([{ field: 'resourceType', reason: 'wrong-type' }]);
  if (type === 'OperationOutcome') return leftOut([{ field: 'resourceType', reason: 'unknown-code' }]);
  // a deletion of a Bulk Data export: a bundle a line, whose entries are requests
  if (type === 'Bundle') return deletions(resource, where, entry);
  // the heading of a patient's block, where an export is organized by patients (Bulk Data Access IG 3, organizeOutputBy)
  if (type === 'Parameters' && id === undefined && fullUrl === null) return [{ where, drafts: [] }];
  if (id !== undefined && (typeof id !== 'string' || !ID.test(id))) return leftOut([{ field: 'id', reason: 'wrong-type' }]);
  const record = recordOf(entry);
  if (record === null) return leftOut([fullUrl === null ? { field: 'id', reason: 'missing-key' } : { field: 'fullUrl', reason: 'wrong-type' }]);
  if (!seen.first(record)) return leftOut([{ field: 'id', reason: 'duplicate-record' }]);
  if (isEnteredInError(resource)) return [{ where, deleted: [{ record }] }];
  const elements = new Elements(resource);
  if (MAKERS[type]) refuseUnknown(elements);
  const drafts = (MAKERS[type] ?? (() => []))(elements, { record, index, file });
  return elements.findings.length > 0 ? leftOut(elements.findings) : [{ where, drafts, record }];
};

const deletions = (bundle: Json, where: string, entry: Entry): FileUnit[] => {
  const entries = Array.isArray(bundle['entry']) ? (bundle['entry'] as Json[]) : [];
  const records = entries.flatMap((each) => {
    const request = each?.['request'] as Json | undefined;
    const record = request?.['method'] === 'DELETE' && typeof request['url'] === 'string' ? deletedRecord(request['url']) : null;
    return record === null ? [] : [{ record }];
  });
  return records.length > 0 ? [{ where, deleted: records }] : [{ where, findings: [{ field: 'resourceType', reason: 'unknown-code' }], text: entry.text() }];
};
