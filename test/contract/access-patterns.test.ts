import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PYTHON, ROOT, stopAll } from '../../local/cloud/processes.ts';
import type { Access } from './access-patterns/recorder.ts';
import { startTables } from './tables.ts';

type Row = { name: string; partitions: Set<string>; operations: Set<string> };
const TABLES = ['tracking', 'registry'] as const;
type Table = (typeof TABLES)[number];

const coded = (cell: string): Set<string> => new Set([...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!));
/** The rows of docs/data-model.md below a table's heading: `| call | what for | partitions | operations | who |`. */
const rowsOf = (table: Table): Row[] => {
  const page = readFileSync(join(ROOT, 'docs', 'data-model.md'), 'utf8');
  const section = page.split(`\n### Table \`${table}\`\n`)[1]!.split(/\n##+ /)[0]!;
  return section.split('\n').flatMap((line) => {
    const [, call, , partitions, operations] = line.split('|').map((cell) => cell.trim());
    const [name] = coded(call ?? '');
    return name ? [{ name, partitions: coded(partitions!), operations: new Set(operations!.split(', ')) }] : [];
  });
};

/** `P#*#RUN#*` as a rule for partition keys; where two rules hold, the longer one says what the partition is. */
const ruleOf = (pattern: string): RegExp => new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.+')}$`);
const namedBy = (patterns: readonly string[]) => (partition: string) =>
  patterns.filter((pattern) => ruleOf(pattern).test(partition)).sort((a, b) => b.length - a.length)[0] ?? partition;

const isSame = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean => one.size === other.size && [...one].every((member) => other.has(member));

/** The rows of docs/least-privilege.md on what may be deleted: which permission holds in which partitions. */
const mayDelete = (needs: string, partition: string): boolean =>
  [...readFileSync(join(ROOT, 'docs', 'least-privilege.md'), 'utf8').matchAll(/^\| `(dynamodb:\w+)` \| `([^` ]+)` \|/gm)].some(
    ([, action, where]) => action === needs && ruleOf(where!).test(partition),
  );

/** What never changes once it is found. */
const INCONSISTENT = 'P#*#BLOCK#*';

describe('access patterns', { skip: existsSync(PYTHON) ? false : 'the local cloud is not installed (.venv)' }, () => {
  const load = async () => {
    const [tracking, registry, recording] = await Promise.all([
      import('./access-patterns/tracking-calls.ts'),
      import('./access-patterns/registry-calls.ts'),
      import('./access-patterns/recorder.ts'),
    ]);
    return {
      calls: { tracking: tracking.TRACKING_CALLS, registry: registry.REGISTRY_CALLS },
      stores: { tracking: tracking.TRACKING_STORES as Record<string, unknown>, registry: registry.REGISTRY_STORES as Record<string, unknown> },
      taken: recording.recorder().taken,
    };
  };
  let loaded: Awaited<ReturnType<typeof load>>;
  before(async () => {
    await startTables(...TABLES);
    loaded = await load();
  });
  after(stopAll);

  for (const table of TABLES) {
    it(`of the table ${table}: each does what docs/data-model.md says, by key or index, read consistently`, async () => {
      const rows = new Map(rowsOf(table).map((row) => [row.name, row]));
      const nameOf = namedBy([...rows.values()].flatMap(({ partitions }) => [...partitions]));
      const wrong: string[] = [];
      for (const [name, call] of Object.entries(loaded.calls[table])) {
        loaded.taken();
        await call(() => void loaded.taken());
        const accesses: Access[] = loaded.taken();
        const found = { partitions: new Set(accesses.map(({ partition }) => nameOf(partition))), operations: new Set(accesses.map(({ operation }) => operation)) };
        for (const { partition, operation, consistent } of accesses)
          if (consistent === false && nameOf(partition) !== INCONSISTENT) wrong.push(`${name}: ${operation} of ${partition} is not consistent`);
        for (const { partition, needs } of accesses) if (needs && !mayDelete(needs, partition)) wrong.push(`${name}: ${needs} in ${partition} is not granted`);
        const row = rows.get(name);
        const said = [...found.partitions].map((partition) => `\`${partition}\``).sort();
        const line = `${said.join(', ')} | ${[...found.operations].sort().join(', ')}`;
        if (!row || !isSame(row.partitions, found.partitions) || !isSame(row.operations, found.operations)) wrong.push(`| \`${name}\` | | ${line} |`);
      }
      assert.deepEqual(wrong, [], 'what the store was asked for, and the page does not say');
      assert.deepEqual(
        [...rows.keys()].filter((name) => !(name in loaded.calls[table])),
        [],
        'rows that nothing exercises',
      );
    });

    it(`of the table ${table}: every function of its stores is one`, () => {
      const PURE = new Set(['modelsOf', 'modelAddress', 'versionsOf', 'versionAddress', 'sourceAt']);
      const functions = Object.entries(loaded.stores[table]).flatMap(([name, value]) => (typeof value === 'function' && !PURE.has(name) ? [name] : []));
      assert.deepEqual(
        functions.filter((name) => !(name in loaded.calls[table])),
        [],
      );
    });
  }
});
