import type { Reader, Refusal, SetFile, Unit } from '../../reading.ts';
import { Elements, type Json } from './elements.ts';
import { type Entry, type FileProblem, bundleEntries, lineEntries } from './entries.ts';
import type { FhirSourceMap } from './map.ts';
import { ReferenceIndex, Seen } from './references.ts';
import { MAKERS, isEnteredInError } from './resources.ts';
import { refuseUnknown } from './strictness.ts';

/** https://www.hl7.org/fhir/R4/datatypes.html#id */
const ID = /^[A-Za-z0-9.-]{1,64}$/;
const TYPE = /^[A-Z][A-Za-z]{1,63}$/;

const entriesOf = (file: SetFile, map: FhirSourceMap, wanted?: (text: string) => boolean): AsyncGenerator<Entry | FileProblem> =>
  map.format === 'fhir' ? bundleEntries(file) : lineEntries(file, wanted);

/**
 * FHIR R4, a set of files that may refer to one another in any order: first what they hold is indexed, then each is read. What is
 * kept of a set in memory are the names of its records, and its patients, encounters, medications and organizations.
 */
export const prepareFhir = async (files: readonly SetFile[], map: FhirSourceMap): Promise<Reader<FhirSourceMap>> => {
  const index = new ReferenceIndex(map);
  for (const file of files) {
    const versions = new Seen();
    try {
      for await (const entry of entriesOf(file, map, ReferenceIndex.wants)) {
        if ('resource' in entry && entry.isVersion && !versions.first(versionOf(entry))) continue;
        if ('resource' in entry && entry.method !== 'DELETE' && !isEnteredInError(entry.resource)) index.add(entry.resource, entry.fullUrl, file.index);
      }
    } catch {
      // what cannot be expanded is refused, and what faults faults again, when the file is read
    }
  }
  // a bundle may say again what another said, such as its hospital; the files of one export may not
  const inSet = map.format === 'fhir' ? null : new Seen();
  return async function* (chosen) {
    for (const file of chosen) yield* readFile(file, map, index, inSet ?? new Seen());
  };
};

async function* readFile(file: SetFile, map: FhirSourceMap, index: ReferenceIndex, seen: Seen): AsyncGenerator<Unit | Refusal> {
  for await (const entry of entriesOf(file, map)) {
    if ('refused' in entry) yield { file: file.index, ...entry };
    else for (const unit of unitsOf(entry, index, seen, file.index)) yield { file: file.index, ...unit };
  }
}

/** A unit of one file. */
type FileUnit = Unit extends infer U ? (U extends Unit ? Omit<U, 'file'> : never) : never;

/** The target of a deletion: a request's `Type/id`. */
const deletedRecord = (url: string | null): string | null => /^(?:.*\/)?([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(url ?? '')?.[1] ?? null;

/** What a history tells a version of. */
const versionOf = ({ resource, url }: Extract<Entry, { resource: Json }>): string =>
  'resourceType' in resource ? `${resource['resourceType']}/${resource['id']}` : (deletedRecord(url) ?? '');

/** What one entry becomes, in the order in which the set tells them. */
export const unitsOf = (entry: Entry, index: ReferenceIndex, seen: Seen, file = 0): FileUnit[] => {
  const { where } = entry;
  const leftOut = (findings: Elements['findings']): FileUnit[] => [{ where, findings, text: entry.text() }];
  if ('unreadable' in entry) return leftOut([{ field: null, reason: 'malformed-row' }]);
  const { resource, fullUrl, method, url } = entry;
  if (method === 'DELETE') {
    const record = deletedRecord(url);
    if (record === null) return leftOut([{ field: 'request.url', reason: 'broken-reference' }]);
    return entry.isVersion && !seen.first(record) ? superseded(where) : [{ where, deleted: [{ record }] }];
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
  const name = id ?? fullUrl;
  if (typeof name !== 'string') return leftOut([{ field: 'id', reason: 'missing-key' }]);
  const record = `${type}/${name}`;
  if (!seen.first(record)) return entry.isVersion ? superseded(where) : leftOut([{ field: 'id', reason: 'duplicate-record' }]);
  if (isEnteredInError(resource)) return [{ where, deleted: [{ record }] }];
  const elements = new Elements(resource);
  if (MAKERS[type]) refuseUnknown(elements);
  const drafts = (MAKERS[type] ?? (() => []))(elements, { record, index, file });
  return elements.findings.length > 0 ? leftOut(elements.findings) : [{ where, drafts, record }];
};

/** A version that a newer one of the same history stands for. */
const superseded = (where: string): FileUnit[] => [{ where, drafts: [] }];

const deletions = (bundle: Json, where: string, entry: Entry): FileUnit[] => {
  const entries = Array.isArray(bundle['entry']) ? (bundle['entry'] as Json[]) : [];
  const records = entries.flatMap((each) => {
    const request = each?.['request'] as Json | undefined;
    const record = request?.['method'] === 'DELETE' ? deletedRecord(String(request['url'])) : null;
    return record === null ? [] : [{ record }];
  });
  return records.length > 0 ? [{ where, deleted: records }] : [{ where, findings: [{ field: 'resourceType', reason: 'unknown-code' }], text: entry.text() }];
};
