import * as z from 'zod';

/** One thing the lake says of a patient: an OMOP table, the row's source value, the column that holds the value. */
const Item = z.discriminatedUnion('table', [
  z.strictObject({ table: z.enum(['measurement', 'observation']), sourceValue: z.string(), column: z.enum(['value_as_number', 'value_as_string', 'value_source_value']) }),
  z.strictObject({ table: z.literal('person'), column: z.enum(['gender_source_value', 'race_source_value', 'year_of_birth']) }),
]);
export type Item = z.infer<typeof Item>;

/** How a feature's raw value comes from items. */
const Rule = z.discriminatedUnion('rule', [
  /** the item itself */
  z.strictObject({ rule: z.literal('item'), item: z.string() }),
  /** the item's text as a level; what the map does not name becomes `otherwise`, and null stays null unless `missing` names a level */
  z.strictObject({ rule: z.literal('levels'), item: z.string(), levels: z.record(z.string(), z.string()), otherwise: z.string().optional(), missing: z.string().optional() }),
  /** 1 where any item is 1, else 0 where any is 0, else null */
  z.strictObject({ rule: z.literal('any-flag'), items: z.array(z.string()).min(1) }),
  /** first entry that names the item's text; an entry is passed over for the races it excludes */
  z.strictObject({
    rule: z.literal('decision-list'),
    entries: z.array(z.strictObject({ item: z.string(), map: z.record(z.string(), z.string()), notForRaces: z.array(z.string()).default([]) })),
  }),
  /** the first item that is not null */
  z.strictObject({ rule: z.literal('first'), items: z.array(z.string()).min(1) }),
]);

const Common = {
  name: z.string().regex(/^[a-z][a-z0-9_]*$/),
  title: z.string(),
  from: Rule,
  /** when its value is known; what is known only after the index date is no input */
  known: z.enum(['before-index', 'at-index', 'after-index']),
  source: z.string().optional(),
  /** serving refuses a request without it */
  required: z.boolean().default(false),
};
const Numeric = z.strictObject({
  ...Common,
  kind: z.literal('numeric'),
  unit: z.string(),
  min: z.number(),
  max: z.number(),
  center: z.number(),
  scale: z.number().positive(),
  integer: z.boolean().default(false),
  default: z.number().optional(),
});
const Categorical = z.strictObject({ ...Common, kind: z.literal('categorical'), levels: z.array(z.string()).min(2) });
const Binary = z.strictObject({ ...Common, kind: z.literal('binary') });
const Feature = z.discriminatedUnion('kind', [Numeric, Categorical, Binary]);
export type Feature = z.infer<typeof Feature>;

/** The one definition of a model's inputs: training tables and prediction requests are both encoded by it. */
export const FeatureView = z.strictObject({
  name: z.string(),
  version: z.number().int().min(1),
  title: z.string(),
  items: z.record(z.string(), Item),
  features: z.array(Feature).min(1),
  label: z.strictObject({ name: z.string(), item: z.string(), unit: z.string() }),
  /** observed with the label, never an input */
  observed: z.array(z.strictObject({ name: z.string(), item: z.string() })),
  /** who is in the cohort; each rule excludes by its name */
  cohort: z.array(
    z.strictObject({
      name: z.string(),
      item: z.string(),
      is: z.discriminatedUnion('test', [
        z.strictObject({ test: z.literal('present') }),
        z.strictObject({ test: z.literal('equals'), value: z.union([z.string(), z.number()]) }),
        z.strictObject({ test: z.literal('one-of'), values: z.array(z.string()) }),
        /** low <= value < high, of the first present of the items; absent passes */
        z.strictObject({ test: z.literal('between-or-absent'), low: z.number(), high: z.number(), orItems: z.array(z.string()).default([]) }),
      ]),
      source: z.string(),
    }),
  ),
});
export type FeatureView = z.infer<typeof FeatureView>;

export type RawValue = string | number | boolean | null;
/** Raw values by feature name. */
export type RawFeatures = Record<string, RawValue>;
/** What the lake says of one patient, by item name. */
export type Facts = Record<string, string | number | null>;

/** One encoded model input. */
export type EncodedColumn = { column: string; feature: string; kind: 'numeric' | 'level' | 'missing'; level?: string; center?: number; scale?: number };

export const levelColumn = (feature: string, level: string): string =>
  `x_${feature}_${level
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')}`;

/** The model's inputs in order: a numeric feature gives its value and whether it is missing; a categorical one column per level. */
export const encodedColumns = (view: FeatureView): EncodedColumn[] =>
  view.features.flatMap((feature): EncodedColumn[] => {
    const missing: EncodedColumn = { column: `x_${feature.name}_missing`, feature: feature.name, kind: 'missing' };
    switch (feature.kind) {
      case 'numeric':
        return [{ column: `x_${feature.name}`, feature: feature.name, kind: 'numeric', center: feature.center, scale: feature.scale }, missing];
      case 'binary':
        return [{ column: `x_${feature.name}`, feature: feature.name, kind: 'numeric', center: 0, scale: 1 }, missing];
      case 'categorical':
        return [...feature.levels.map((level): EncodedColumn => ({ column: levelColumn(feature.name, level), feature: feature.name, kind: 'level', level })), missing];
    }
  });

/** Raw values → the model's input vector, in the order of `encodedColumns`. A missing value is 0 with its indicator set. */
export const encodeRow = (view: FeatureView, raw: RawFeatures): number[] =>
  view.features.flatMap((feature): number[] => {
    const value = raw[feature.name] ?? (feature.kind === 'numeric' ? feature.default : undefined) ?? null;
    switch (feature.kind) {
      case 'numeric':
        return value === null ? [0, 1] : [(Number(value) - feature.center) / feature.scale, 0];
      case 'binary':
        return value === null ? [0, 1] : [value === true || value === 1 ? 1 : 0, 0];
      case 'categorical':
        return [...feature.levels.map((level) => (value === level ? 1 : 0)), value === null ? 1 : 0];
    }
  });

const flagOf = (values: (string | number | null)[]): number | null => (values.includes(1) ? 1 : values.includes(0) ? 0 : null);

/** A patient's raw feature values from what the lake says. */
export const rawFeatures = (view: FeatureView, facts: Facts): RawFeatures => {
  const raw: RawFeatures = {};
  for (const feature of view.features) {
    const value = apply(feature.from, facts, String(raw['race'] ?? ''));
    raw[feature.name] = value === null && feature.kind === 'numeric' ? (feature.default ?? null) : value;
  }
  return raw;
};

const apply = (rule: Feature['from'], facts: Facts, race: string): string | number | null => {
  switch (rule.rule) {
    case 'item':
      return facts[rule.item] ?? null;
    case 'first':
      return rule.items.map((item) => facts[item] ?? null).find((value) => value !== null) ?? null;
    case 'any-flag':
      return flagOf(rule.items.map((item) => facts[item] ?? null));
    case 'levels': {
      const text = facts[rule.item];
      if (text === undefined || text === null) return rule.missing ?? null;
      return rule.levels[String(text)] ?? rule.otherwise ?? null;
    }
    case 'decision-list': {
      for (const { item, map, notForRaces } of rule.entries) {
        const found = map[String(facts[item] ?? '')];
        if (found !== undefined && !notForRaces.includes(race)) return found;
      }
      return null;
    }
  }
};

/** The name of the first cohort rule that leaves the patient out, or null where all admit. */
export const excludedBy = (view: FeatureView, facts: Facts): string | null => {
  for (const { name, item, is } of view.cohort) {
    const value = facts[item] ?? null;
    const admits = (() => {
      switch (is.test) {
        case 'present':
          return value !== null;
        case 'equals':
          return value === is.value;
        case 'one-of':
          return value !== null && is.values.includes(String(value));
        case 'between-or-absent': {
          const first = [item, ...is.orItems].map((name) => facts[name] ?? null).find((candidate) => candidate !== null);
          return first === undefined || first === null || (Number(first) >= is.low && Number(first) < is.high);
        }
      }
    })();
    if (!admits) return name;
  }
  return null;
};

const allowedOf = (feature: Feature): string => {
  switch (feature.kind) {
    case 'numeric':
      return `a number of ${feature.min} to ${feature.max} ${feature.unit}${feature.required ? '' : ', or null'}`;
    case 'binary':
      return `0 or 1${feature.required ? '' : ', or null'}`;
    case 'categorical':
      return `one of ${feature.levels.join(', ')}${feature.required ? '' : ', or null'}`;
  }
};

/** The schema of a prediction request's features; each refusal says what is allowed. */
export const servingSchema = (view: FeatureView): z.ZodType<RawFeatures> => {
  const made = schemas.get(view) ?? makeServingSchema(view);
  schemas.set(view, made);
  return made;
};

/** Making a schema costs more than a prediction: one per view. */
const schemas = new WeakMap<FeatureView, z.ZodType<RawFeatures>>();

const makeServingSchema = (view: FeatureView): z.ZodType<RawFeatures> => {
  const members = view.features
    .filter(({ known }) => known !== 'after-index')
    .map((feature) => {
      const error = `must be ${allowedOf(feature)}`;
      const value = (() => {
        switch (feature.kind) {
          case 'numeric': {
            const number = z.number({ error }).min(feature.min, { error }).max(feature.max, { error });
            return feature.integer ? number.int({ error }) : number;
          }
          case 'binary':
            return z.union([z.literal(0), z.literal(1), z.boolean()], { error });
          case 'categorical':
            return z.enum(feature.levels as [string, ...string[]], { error });
        }
      })();
      return [feature.name, feature.required ? value : value.nullable().optional()] as const;
    });
  const known = members.map(([name]) => name).join(', ');
  return z.strictObject(Object.fromEntries(members), {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `unknown feature ${issue.keys.join(', ')}: known are ${known}` : undefined),
  }) as unknown as z.ZodType<RawFeatures>;
};
