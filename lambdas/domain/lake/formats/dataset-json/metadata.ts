import * as z from 'zod';

const VERSION = /^1\.1(\.(0|[1-9]\d*))?$/;

export const DATA_TYPES = ['string', 'integer', 'decimal', 'float', 'double', 'boolean', 'datetime', 'date', 'time', 'URI'] as const;
export type DataType = (typeof DATA_TYPES)[number];

const Column = z.looseObject({
  itemOID: z.string().min(1),
  name: z.string().min(1),
  label: z.string(),
  dataType: z.enum(DATA_TYPES),
  targetDataType: z.enum(['integer', 'decimal']).nullish(),
  length: z.number().int().min(1).nullish(),
  displayFormat: z.string().nullish(),
  keySequence: z.number().int().min(1).nullish(),
});

/** The schema's pattern of a date and time. A date alone is no ground to refuse rows, none of which depends on it. */
const DateTime = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[+-](?:[01]\d|2[0-3]):[0-5]\d|Z)?)?$/, {
  error: 'must be YYYY-MM-DD or YYYY-MM-DDThh:mm:ss, with or without a time zone',
});

/** What a dataset says of itself. CDISC Dataset-JSON 1.1, https://www.cdisc.org/standards/data-exchange/dataset-json; further attributes are extensions, and left where they are. Null says of an optional one that it is absent. */
const Metadata = z.looseObject({
  datasetJSONCreationDateTime: DateTime,
  datasetJSONVersion: z.string(),
  fileOID: z.string().nullish(),
  dbLastModifiedDateTime: DateTime.nullish(),
  originator: z.string().nullish(),
  sourceSystem: z.looseObject({ name: z.string(), version: z.string() }).nullish(),
  studyOID: z.string().nullish(),
  metaDataVersionOID: z.string().nullish(),
  metaDataRef: z.string().nullish(),
  itemGroupOID: z.string().min(1),
  records: z.number().int().min(0),
  name: z.string().min(1),
  label: z.string(),
  columns: z.array(Column).min(1),
  rows: z.array(z.unknown()).max(0).optional(),
});
export type DatasetColumn = { name: string; dataType: DataType };
export type Dataset = { name: string; records: number; columns: readonly DatasetColumn[] };

export type Problem = { refused: 'not-this-format' | 'wrong-version' | 'malformed'; detail: string };

/** Whether a value looks like a dataset of any version. */
export const looksLikeDataset = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'datasetJSONVersion' in value;

export const NO_DATASET: Problem = {
  refused: 'not-this-format',
  detail: 'the file must be a JSON object in UTF-8 with datasetJSONVersion, or NDJSON that begins with one',
};

/** The metadata, or what is wrong with them; columns are told by their number. */
export const readMetadata = (value: unknown): Dataset | Problem => {
  if (!looksLikeDataset(value)) return NO_DATASET;
  if (typeof value['datasetJSONVersion'] !== 'string' || !VERSION.test(value['datasetJSONVersion']))
    return { refused: 'wrong-version', detail: 'datasetJSONVersion must be 1.1 or 1.1.x' };
  const parsed = Metadata.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { refused: 'malformed', detail: `${issue!.path.map((step) => (typeof step === 'number' ? step + 1 : String(step))).join(' ')}: ${issue!.message}` };
  }
  const { name, records, columns } = parsed.data;
  for (const attribute of ['name', 'itemOID', 'keySequence'] as const) {
    const said = columns.map((column) => (attribute === 'name' ? column.name.toUpperCase() : column[attribute]));
    const twice = said.findIndex((each, index) => each !== null && each !== undefined && said.indexOf(each) !== index);
    if (twice >= 0) return { refused: 'malformed', detail: `columns ${twice + 1}: ${attribute} must be no other column’s` };
  }
  for (const [index, { dataType, targetDataType }] of columns.entries()) {
    const target = targetDataType ?? null;
    const allowed = dataType === 'decimal' ? ['decimal', null] : ['datetime', 'date', 'time'].includes(dataType) ? ['integer', null] : [null];
    if (!allowed.includes(target))
      return { refused: 'malformed', detail: `columns ${index + 1}: targetDataType of ${dataType} must be ${allowed.map((each) => each ?? 'absent').join(' or ')}` };
  }
  return { name: name.toUpperCase(), records, columns: columns.map((column) => ({ name: column.name.toUpperCase(), dataType: column.dataType })) };
};
