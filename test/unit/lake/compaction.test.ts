import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Compaction, CompactionPlan } from '../../../lambdas/contracts/compaction.ts';
import { CompactionPlan as Plan } from '../../../lambdas/contracts/compaction.ts';
import type { DatasetObject, Ingest } from '../../../lambdas/contracts/dataset.ts';
import { sha256 } from '../../../lambdas/domain/canonical-json.ts';
import { compactionOf, fewestObjects, newestCompactions, notCompacted, planCompactions } from '../../../lambdas/domain/lake/compaction.ts';
import { manifestOf } from '../../../lambdas/domain/lake/manifest.ts';

const LIMITS = { aboveFiles: 2, smallBytes: 1000, mostBytes: 4000, mostIngests: 6 };
type Facts = Partial<Pick<Ingest, 'source' | 'mapVersion' | 'use' | 'deidentification'>> & { bytes?: number; partitions?: readonly number[] };

const ingest = (number: number, { bytes = 50, partitions = [0, 1], ...facts }: Facts = {}): Ingest => {
  const ingestId = `ing_${String(number).padStart(8, '0')}`;
  const { source, mapVersion, use, deidentification } = { source: 'iwpc', mapVersion: '1', use: 'development' as const, deidentification: 'safe-harbor' as const, ...facts };
  const object = (table: string, partition: number): DatasetObject => ({
    bucket: 'lake',
    key: `omop/${table}/partition=${partition}/${ingestId}.parquet`,
    versionId: `v${number}`,
    sha256: sha256(`${ingestId}${table}${partition}`),
    ...{ bytes, table, partition, use, ingestId, source, mapVersion, rows: 3 },
  });
  return {
    ...{ ingestId, uploadId: `upl_${String(number).padStart(8, '0')}`, source, mapVersion, use, deidentification, quarantine: [], fileSha256: sha256(String(number)) },
    objects: partitions.flatMap((partition) => [object('person', partition), object('record', partition)]),
    report: { read: 3, admitted: 3, quarantinedRows: 0, quarantined: [], rows: {}, patients: 3, sites: [] },
    committedAt: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString(),
  };
};

/** What the merging step would answer. */
const compacted = (plan: CompactionPlan): Compaction => {
  const all = plan.members.flatMap(({ objects }) => objects);
  const objects = [...new Set(all.map(({ table }) => table))].sort().map((table): DatasetObject => {
    const some = all.filter((object) => object.table === table);
    const { ingestId: _, ...facts } = some[0]!;
    const key = `omop/compacted/${table}/partition=${plan.partition}/${plan.compactionId}.parquet`;
    return {
      ...facts,
      key,
      sha256: sha256(key),
      compactionId: plan.compactionId,
      bytes: some.reduce((sum, { bytes }) => sum + bytes, 0),
      rows: some.reduce((sum, { rows }) => sum + rows, 0),
    };
  });
  return compactionOf(plan, { bucket: 'lake', key: `compactions/${plan.compactionId}.json`, versionId: 'v1', sha256: sha256(''), bytes: 1 }, objects, '2026-02-01T00:00:00Z');
};

const plansFor = (ingests: readonly Ingest[], compactions: readonly Compaction[] = []) => {
  const open = new Set(
    notCompacted(
      ingests.map(({ ingestId }) => ingestId),
      compactions,
    ),
  );
  return planCompactions(
    0,
    ingests.filter(({ ingestId }) => open.has(ingestId)),
    compactions,
    LIMITS,
  );
};
const numbered = (...numbers: number[]) => numbers.map((number) => ingest(number));

test('more than the allowed number of small files are merged, not fewer', () => {
  assert.deepEqual(plansFor(numbered(1, 2)), []);
  const [plan] = plansFor(numbered(1, 2, 3));
  assert.deepEqual(
    plan!.members.map(({ id }) => id),
    ['ing_00000001', 'ing_00000002', 'ing_00000003'],
  );
  Plan.parse(plan);
});

test('files of other sources, maps, uses, profiles or partitions are apart; large ones stay as they are', () => {
  const apart = [ingest(1), ingest(2), ingest(3, { source: 'vcf' }), ingest(4, { mapVersion: '2' }), ingest(5, { use: 'external' }), ingest(6, { deidentification: 'date-shift' })];
  assert.deepEqual(plansFor([...apart, ingest(7, { partitions: [1] }), ingest(8, { bytes: 600 })]), []);
  assert.equal(plansFor([...apart, ingest(9)]).length, 1);
});

test('the same files make the same plan in any order; another file makes another', () => {
  const [one] = plansFor(numbered(1, 2, 3));
  assert.deepEqual(plansFor(numbered(3, 1, 2)), [one]);
  const other = numbered(1, 2, 3);
  other[1]!.objects[0]!.sha256 = sha256('another');
  assert.notEqual(plansFor(other)[0]!.compactionId, one!.compactionId);
});

test('a merged file that is still small is merged again, and the plan says how many it saw', () => {
  const first = compacted(plansFor(numbered(1, 2, 3))[0]!);
  assert.deepEqual(plansFor(numbered(1, 2, 3, 4), [first]), []);
  const [again] = plansFor(numbered(1, 2, 3, 4, 5), [first]);
  assert.deepEqual([again!.revision, again!.members.map(({ id }) => id).sort()], [1, [first.compactionId, 'ing_00000004', 'ing_00000005']]);
  const second = compacted(again!);
  assert.deepEqual(newestCompactions([first, second]), [second]);
  assert.equal(second.ingests.length, 5);
});

test('a version pins merged files where they hold nothing else; a part of them is pinned as it was', () => {
  const ingests = numbered(1, 2, 3, 4, 5);
  const first = compacted(plansFor(ingests.slice(0, 3))[0]!);
  const second = compacted(plansFor(ingests, [first])[0]!);
  const keys = (some: readonly Ingest[]) =>
    manifestOf(some, 'safe-harbor', [], [first, second]).objects.flatMap(({ key, partition }) => (partition === 0 ? [key.split('/').at(-1)] : []));
  const names = (...ids: string[]) => ids.flatMap((id) => [`${id}.parquet`, `${id}.parquet`]).sort();
  assert.deepEqual(keys(ingests).sort(), names(second.compactionId));
  assert.deepEqual(keys(ingests.slice(0, 4)).sort(), names(first.compactionId, 'ing_00000004'));
  assert.deepEqual(keys(ingests.slice(1)).sort(), names('ing_00000002', 'ing_00000003', 'ing_00000004', 'ing_00000005'));
});

test('however ingests and compactions follow one another, each ingest of a version is pinned once in each partition', () => {
  const arrival = fc.record({ source: fc.constantFrom('iwpc', 'vcf'), bytes: fc.constantFrom(10, 200, 600) });
  fc.assert(
    fc.property(fc.array(fc.array(arrival, { maxLength: 6 }), { maxLength: 8 }), fc.integer(), (rounds, chosen) => {
      const ingests: Ingest[] = [];
      const compactions: Compaction[] = [];
      for (const round of rounds) {
        for (const facts of round) ingests.push(ingest(ingests.length, { ...facts, partitions: [0] }));
        for (let plans = plansFor(ingests, compactions); plans.length > 0; plans = plansFor(ingests, compactions)) {
          compactions.push(...plans.map(compacted));
          assert.ok(compactions.length <= ingests.length, 'merging comes to an end');
        }
      }
      for (const { ingests: held } of compactions) assert.ok(held.length <= LIMITS.mostIngests);
      const some = ingests.filter((_, index) => (chosen >> (index % 31)) & 1);
      for (const version of [ingests, some]) {
        const pinned = fewestObjects(version, compactions).filter(({ table }) => table === 'record');
        const held = pinned.flatMap(({ ingestId, compactionId }) => (ingestId ? [ingestId] : compactions.find((one) => one.compactionId === compactionId)!.ingests));
        assert.deepEqual(held.sort(), version.map(({ ingestId }) => ingestId).sort());
      }
    }),
  );
});
