import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import ieee from '../../../../../config/open-mhealth/ieee-1752-schemas.json' with { type: 'json' };
import omh from '../../../../../config/open-mhealth/omh-schemas.json' with { type: 'json' };

/** `omh` `heart-rate` `2.0`, as a header's `schema_id` says it. */
export type SchemaId = { namespace: 'omh' | 'ieee'; name: string; version: string };

type Zone = 'required' | 'optional';

type Schema = { required?: readonly string[]; properties?: Readonly<Record<string, unknown>> };
/** `latest`: what `1.x` of a name stands for. */
type Library = { base: string; schemas: Readonly<Record<string, Schema>>; latest: Readonly<Record<string, string>> };

const SHIPPED: Readonly<Record<SchemaId['namespace'], Library>> = {
  omh: { base: omh.base, schemas: omh.schemas as unknown as Library['schemas'], latest: omh.latest },
  ieee: { base: ieee.base, schemas: ieee.schemas as unknown as Library['schemas'], latest: {} },
};

/** What headers call the IEEE's schemas: IEEE 1752.1 names no namespace. */
const NAMESPACES: Readonly<Record<string, SchemaId['namespace']>> = { omh: 'omh', ieee: 'ieee', 'ieee-1752': 'ieee', 'ieee-1752.1': 'ieee' };

/**
 * Older schemas are of draft-04, newer ones of draft-07 that refer to them: none uses a keyword on which the drafts differ, so that all are
 * read as draft-07. IEEE's `$id`s lack the version that its references name.
 */
const ajv = (zone: Zone): Ajv => {
  const instance = new Ajv({ strict: false, allErrors: true, validateSchema: false, formats: { iri: true } });
  // the package is CommonJS: its function is the default's default under ESM
  const { default: addFormats } = formats as unknown as { default: typeof formats.default };
  addFormats(instance, ['date-time', 'uuid', 'uri']);
  if (zone === 'optional') instance.addFormat('date-time', addFormats.get('iso-date-time'));
  for (const { base, schemas, latest } of Object.values(SHIPPED)) {
    for (const [name, schema] of Object.entries(schemas)) instance.addSchema({ ...schema, $schema: undefined, $id: `${base}${name}.json` });
    for (const [name, target] of Object.entries(latest)) instance.addSchema({ $id: `${base}${name}.json`, $ref: `${target}.json` });
  }
  return instance;
};

const instances: Partial<Record<Zone, Ajv>> = {};
const validators = new Map<string, ValidateFunction>();

const validatorOf = ({ namespace, name, version }: SchemaId, zone: Zone): ValidateFunction => {
  const key = `${zone} ${namespace} ${name} ${version}`;
  const known = validators.get(key);
  if (known) return known;
  instances[zone] ??= ajv(zone);
  const validate: ValidateFunction = instances[zone].getSchema(`${SHIPPED[namespace].base}${name}-${version}.json`)!;
  validators.set(key, validate);
  return validate;
};

/** What the schema finds against a value; none: it is valid. RFC 3339 demands a zone of every date-time: `optional` is all of the schema but that. */
export const violationsOf = (schema: SchemaId, value: unknown, zone: Zone = 'required'): ErrorObject[] => {
  const validate = validatorOf(schema, zone);
  return validate(value) ? [] : [...validate.errors!];
};

/** The shipped schema of that name, or null. `1.x` is the latest of 1. */
export const findSchema = (namespace: string, name: string, version: string): SchemaId | null => {
  const known = Object.hasOwn(NAMESPACES, namespace) ? NAMESPACES[namespace]! : null;
  if (known === null) return null;
  const { schemas, latest } = SHIPPED[known];
  const full = `${name}-${version}`;
  return Object.hasOwn(schemas, full) || Object.hasOwn(latest, full) ? { namespace: known, name, version } : null;
};

const VERSION = /^(.+)-(\d+)\.(\d+)$/;

/** Every shipped schema, newest version of a name first, IEEE before Open mHealth. */
export const SCHEMAS: readonly SchemaId[] = (['ieee', 'omh'] as const).flatMap((namespace) =>
  Object.keys(SHIPPED[namespace].schemas)
    .map((full) => VERSION.exec(full)!)
    .sort(([, a, major, minor], [, b, otherMajor, otherMinor]) => (a! < b! ? -1 : a! > b! ? 1 : Number(otherMajor) - Number(major) || Number(otherMinor) - Number(minor)))
    .map(([, name, major, minor]) => ({ namespace, name: name!, version: `${major}.${minor}` })),
);

const schemaOf = ({ namespace, name, version }: SchemaId): Schema => {
  const { schemas, latest } = SHIPPED[namespace];
  const full = `${name}-${version}`;
  return schemas[latest[full] ?? full]!;
};

/** The properties that a schema's body must have. */
export const requiredOf = (schema: SchemaId): readonly string[] => schemaOf(schema).required ?? [];

/** What the schema describes of a body: other properties are allowed by it, and unchecked. */
export const describedBy = (schema: SchemaId, body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { properties = {} } = schemaOf(schema);
  return Object.fromEntries(Object.entries(body).filter(([property]) => Object.hasOwn(properties, property)));
};
