import { createHash } from 'node:crypto';
import type { ErrorObject } from 'ajv';
import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Finding, Reader, Refusal, SetFile, Unit } from '../../reading.ts';
import { KeySet } from '../../key-set.ts';
import { DEVICE, PATIENT_SELF_REPORT } from '../wearable/measurement-draft.ts';
import { bodyDrafts } from './body-drafts.ts';
import { chooseSchema } from './choose-schema.ts';
import { type JsonDocument, jsonDocuments } from './json-documents.ts';
import type { OpenMhealthMap } from './map.ts';
import { schemaOfFolders } from './schema-hint.ts';
import { type SchemaId, describedBy, findSchema, violationsOf } from './schemas.ts';
import { lacksZone } from './time-frame.ts';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads data points, data series and bare bodies; each body is held against its schema before it makes rows. A body is a record, once in a file. */
export const readOpenMhealth: Reader<OpenMhealthMap> = async function* (files, map) {
  for (const file of files) yield* readFile(file, map);
};

async function* readFile(file: SetFile, map: OpenMhealthMap): AsyncGenerator<Unit | Refusal> {
  const said = map.schema ? findSchema(...(map.schema.split(':') as [string, string, string])) : schemaOfFolders(file.path);
  const admitted = new KeySet();
  let count = 0;
  for await (const document of jsonDocuments(file)) {
    if (document === 'not-json') return yield { file: file.index, refused: 'not-this-format', detail: 'the file does not begin as a JSON object or array' };
    for (const unit of readDocument(document, said, map)) {
      count += 1;
      const isRepeated = 'drafts' in unit && admitted.add(unit.record!) === false;
      if (isRepeated) yield { file: file.index, where: unit.where, findings: [{ field: null, reason: 'duplicate-record' }], text: document.excerpt };
      else yield { file: file.index, ...unit };
    }
  }
  if (count === 0) yield { file: file.index, refused: 'empty', detail: 'the file holds no document' };
}

type Read = Unit extends infer U ? (U extends unknown ? Omit<U, 'file'> : never) : never;

const readDocument = ({ where, text, excerpt }: JsonDocument, said: SchemaId | null, map: OpenMhealthMap): Read[] => {
  const left = (findings: Finding[]): Read[] => [{ where, findings, text: excerpt }];
  let value: unknown = null;
  try {
    if (text !== null) value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (!isObject(value)) return left([{ field: null, reason: 'malformed-row' }]);
  if (!('header' in value)) return [readBody(value, { schema: said ?? chooseSchema(value), ...bareIdentity(value, map), where, prefix: '', text: excerpt }, map)];
  return readDataPoint(value, where, excerpt, map);
};

type Place = { schema: SchemaId | null; subject: string | null; record: string; type?: number; where: string; prefix: string; text: string };

const readBody = (body: Json, { schema, subject, record, type = DEVICE, where, prefix, text }: Place, map: OpenMhealthMap): Read => {
  const left = (findings: Finding[]): Read => ({ where, findings, text });
  // an empty body is valid by no schema; another may be valid by one that is not read
  if (schema === null) return left([{ field: null, reason: Object.keys(body).length === 0 ? 'schema-violation' : 'unknown-schema' }]);
  const violations = findingsOf(schema, body, prefix, map);
  const missing: Finding[] = subject === null ? [{ field: prefix === '' ? null : 'header', reason: 'missing-key' }] : [];
  if (violations.length > 0 || subject === null) return left([...violations, ...missing]);
  const { drafts, findings } = bodyDrafts(describedBy(schema, body), { subject, record, type }, prefix);
  return findings.length > 0 ? left(findings) : { where, drafts, record };
};

/** A bare body has no name of its own: its content names it, so that the same one sent again is the same record. */
const bareIdentity = (body: Json, { subject: { bare } }: OpenMhealthMap): { subject: string | null; record: string } => {
  const record = `body ${createHash('sha256').update(JSON.stringify(body)).digest('hex')}`;
  return { record, subject: bare === 'refused' ? null : bare === 'apart' ? record : bare.is };
};

/** IEEE 1752.1 names a data point by `uuid`, Open mHealth by `id`. A data series has many bodies under one header. */
const readDataPoint = (point: Json, where: string, text: string, map: OpenMhealthMap): Read[] => {
  const { header, body } = point;
  const left = (findings: Finding[]): Read[] => [{ where, findings, text }];
  const isIeee = isObject(header) && 'uuid' in header;
  const envelope = findSchema(isIeee ? 'ieee' : 'omh', isIeee && Array.isArray(body) ? 'data-series' : 'data-point', '1.0')!;
  const violations = findingsOf(envelope, point, '', map);
  if (violations.length > 0 || !isObject(header)) return left(violations);
  const { namespace, name, version } = header['schema_id'] as { namespace: string; name: string; version: string };
  const schema = findSchema(namespace, name, version);
  if (!schema) return left([{ field: 'header.schema_id', reason: 'unknown-schema' }]);
  const record = `data point ${header[isIeee ? 'uuid' : 'id']}`;
  // a header of IEEE 1752.1 knows no user: without one its bodies are as bare as without a header
  const subject = subjectOf(header, map) ?? (isIeee && map.subject.bare === 'apart' ? record : null);
  const identity = { schema, subject, type: typeOf(header), prefix: 'body.' };
  if (!Array.isArray(body)) return [readBody(body as Json, { ...identity, record, where, text }, map)];
  return (body as Json[]).map((each, index) => {
    const place = { ...identity, record: `${record} ${index + 1}`, where: `${where} body ${index + 1}` };
    return readBody(each, { ...place, text: JSON.stringify({ header, body: [each] }).slice(0, text.length) }, map);
  });
};

const subjectOf = (header: Json, { subject }: OpenMhealthMap): string | null => {
  const key = subject.header.map((property) => header[property]).find((value) => typeof value === 'string' && value.trim() !== '');
  return typeof key === 'string' ? key.trim() : typeof subject.bare === 'object' ? subject.bare.is : null;
};

/** IEEE 1752.1 says the modality in the header itself, Open mHealth in its provenance. */
const typeOf = ({ modality, acquisition_provenance: provenance }: Json): number =>
  (modality ?? (isObject(provenance) ? provenance['modality'] : undefined)) === 'self-reported' ? PATIENT_SELF_REPORT : DEVICE;

/** The places where a value breaks its schema, each once; a time that only lacks its zone by that name. */
const findingsOf = (schema: SchemaId, value: Json, prefix: string, { timeZone }: OpenMhealthMap): Finding[] => {
  const strict = timeZone === 'required' ? violationsOf(schema, value) : [];
  if (timeZone === 'required' && strict.length === 0) return [];
  const zoneless = strict
    .filter(({ keyword, instancePath }) => keyword === 'format' && lacksZone(at(value, instancePath)))
    .map((error) => findingOf(error, prefix, 'no-time-zone'));
  const errors = violationsOf(schema, value, 'optional');
  const broken = new Set(errors.filter(({ keyword }) => keyword === 'oneOf').map(({ instancePath }) => instancePath));
  // of alternatives that all fail, the place is told, not what each would have needed there
  const told = errors.filter(({ keyword, instancePath }) => keyword === 'oneOf' || !broken.has(instancePath)).map((error) => findingOf(error, prefix, 'schema-violation'));
  return [...new Map([...zoneless, ...told].map((finding) => [`${finding.reason} ${finding.field}`, finding])).values()];
};

const findingOf = ({ instancePath, keyword, params }: ErrorObject, prefix: string, reason: Reason): Finding => {
  const path = [...instancePath.split('/').slice(1), ...(keyword === 'required' ? [String(params['missingProperty'])] : [])];
  return { field: `${prefix}${path.join('.')}`.replace(/\.$/, '') || null, reason };
};

const at = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Json)[key] : undefined), value);
