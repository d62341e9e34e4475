import * as z from 'zod';
import declared from '../../../../config/quality/checks.json' with { type: 'json' };
import perSource from '../../../../config/quality/thresholds.json' with { type: 'json' };
import { OMOP_TABLES, OMOP_TABLE_NAMES, type OmopTable } from '../omop-tables.ts';

const percent = z.number().min(0).max(100);
const table = z.enum(OMOP_TABLE_NAMES as [OmopTable, ...OmopTable[]]);
/** Text that becomes a part of SQL: names, numbers and dates, no statement. */
const parameter = z.union([z.number(), z.string().regex(/^[A-Za-z0-9_ .,'()+-]{1,300}$/)]);

const Instance = z
  .object({ table, field: z.string().optional(), threshold: percent.optional(), conceptId: z.number().int().optional(), conceptName: z.string().optional() })
  .catchall(parameter);
export type Instance = z.infer<typeof Instance>;

const Check = z.strictObject({
  name: z.string().regex(/^[a-zA-Z]{3,60}$/),
  level: z.enum(['table', 'field', 'concept']),
  category: z.enum(['Conformance', 'Completeness', 'Plausibility']),
  subcategory: z.string().optional(),
  context: z.enum(['Verification', 'Validation']),
  description: z.string(),
  from: z.string().describe('the relation that is counted'),
  violated: z.string().describe('an aggregate: rows that violate the check'),
  denominator: z.string().describe('an aggregate: rows that the check speaks of; none: it is not applicable'),
  threshold: percent.describe('the percentage of violating rows up to which the check passes'),
  on: z.union([z.enum(['every-table', 'every-field', 'every-required-field', 'every-optional-field', 'every-key']), z.array(Instance)]),
});
export type Check = z.infer<typeof Check>;

const Thresholds = z.array(
  z.strictObject({
    sources: z.array(z.string()).min(1),
    thresholds: z.array(z.strictObject({ check: z.string(), table: table.optional(), field: z.string().optional(), threshold: percent, because: z.string().min(5) })),
  }),
);

export const CHECKS: readonly Check[] = z.strictObject({ source: z.string(), checks: z.array(Check) }).parse(declared).checks;
const THRESHOLDS = Thresholds.parse(perSource);

/** What a check is run on, each of its instances once. */
export const instancesOf = ({ on }: Check): Instance[] => {
  if (typeof on !== 'string') return on;
  return OMOP_TABLE_NAMES.flatMap((name): Instance[] => {
    const { id, columns, required } = OMOP_TABLES[name];
    const fields = Object.entries(columns);
    const isRequired = (field: string) => (required as readonly string[]).includes(field);
    switch (on) {
      case 'every-table':
        return [{ table: name }];
      case 'every-field':
        return fields.map(([field, type]) => ({ table: name, field, type }));
      case 'every-required-field':
        return required.map((field) => ({ table: name, field }));
      case 'every-optional-field':
        return fields.filter(([field]) => !isRequired(field)).map(([field]) => ({ table: name, field }));
      case 'every-key':
        return [{ table: name, field: id }];
    }
  });
};

/** The threshold of one instance for a source: the source's own where it has one, the most exact first. */
export const thresholdOf = (source: string, check: Check, instance: Instance): { threshold: number; because?: string } => {
  const own = THRESHOLDS.filter(({ sources }) => sources.includes(source))
    .flatMap(({ thresholds }) => thresholds)
    .filter((one) => one.check === check.name && (one.table ?? instance.table) === instance.table && (one.field ?? instance.field) === instance.field)
    .sort((a, b) => Number(Boolean(b.field)) + Number(Boolean(b.table)) - Number(Boolean(a.field)) - Number(Boolean(a.table)))[0];
  return own ? { threshold: own.threshold, because: own.because } : { threshold: instance.threshold ?? check.threshold };
};
