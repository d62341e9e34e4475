import type { Check, Instance } from './checks.ts';

/** One query for all instances that count the same relation: columns `v0, d0, v1, d1 …`. */
export type CheckQuery = { sql: string; counted: { check: Check; instance: Instance }[] };

/** `@name` in a template is the instance's parameter, or one of these relations of the connection. */
const RELATIONS: Readonly<Record<string, string>> = {
  columns: 'quality_columns',
  concept: 'quality_concept',
  person: 'quality_person',
  death: 'quality_death',
  visit: 'quality_visit',
  source_people: 'quality_source_people',
};
const rowsOf = (table: string): string => `quality_rows_${table}`;

const filled = (template: string, instance: Instance): string =>
  template
    .replaceAll(/@all_@([a-zA-Z]+)/g, (_, name: string) => `quality_all_${instance[name]}`)
    .replaceAll(/@([a-zA-Z_]+)/g, (whole, name: string) => {
      if (name === 'rows') return rowsOf(instance.table);
      if (Object.hasOwn(RELATIONS, name)) return RELATIONS[name]!;
      const value = instance[name];
      if (value === undefined) throw new RangeError(`a check's template names ${whole}, which its instance of ${instance.table} lacks`);
      return name === 'field' ? `"${value}"` : String(value);
    });

/** At most so many instances in one query: a query's planning grows with its columns. */
const TOGETHER = 60;

/** The queries of these checks, instances of one relation joined; a text literal '@field' stays a text. */
export const queriesOf = (checks: readonly { check: Check; instances: readonly Instance[] }[]): CheckQuery[] => {
  const byRelation = new Map<string, CheckQuery['counted']>();
  for (const { check, instances } of checks) {
    for (const instance of instances) {
      const from = filled(check.from, instance);
      byRelation.set(from, [...(byRelation.get(from) ?? []), { check, instance }]);
    }
  }
  return [...byRelation].flatMap(([from, counted]) =>
    Array.from({ length: Math.ceil(counted.length / TOGETHER) }, (_, part) => {
      const some = counted.slice(part * TOGETHER, (part + 1) * TOGETHER);
      const columns = some.map(({ check, instance }, index) => `${aggregate(check.violated, instance)} AS v${index}, ${aggregate(check.denominator, instance)} AS d${index}`);
      return { sql: `SELECT ${columns.join(', ')} FROM ${from}`, counted: some };
    }),
  );
};

const aggregate = (template: string, instance: Instance): string =>
  filled(
    template.replaceAll(/'@(table|field|type)'/g, (_, name: string) => `'${instance[name]}'`),
    instance,
  );
