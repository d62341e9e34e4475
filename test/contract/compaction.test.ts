import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { LAKE_PARTITIONS } from '../../config/catalog/stores.ts';
import { dynamo, s3 } from '../../lambdas/adapters/clients.ts';
import { listCompactions } from '../../lambdas/adapters/compaction-store.ts';
import { withLakeView } from '../../lambdas/adapters/lake-view.ts';
import { getBytes, getVerified } from '../../lambdas/adapters/objects.ts';
import { ingestsOfPerson } from '../../lambdas/adapters/person-ingests.ts';
import type { Compaction } from '../../lambdas/contracts/compaction.ts';
import type { DatasetManifest, Ingest } from '../../lambdas/contracts/dataset.ts';
import { sha256 } from '../../lambdas/domain/canonical-json.ts';
import { newestCompactions } from '../../lambdas/domain/lake/compaction.ts';
import { manifestOf, sealManifest } from '../../lambdas/domain/lake/manifest.ts';
import { PYTHON, stopAll } from '../../local/cloud/processes.ts';
import { type Lake, type Visit, compactorOf, createLake, execute, ingestVisit, versionsBelow } from './compaction-lake.ts';
import { startTables } from './tables.ts';

const PEOPLE = 12;
/** Every seventh visit corrects what was said of the person's first, every eleventh takes it back. */
const visit = (number: number): Visit => {
  const subject = `patient ${number % PEOPLE}`;
  const again = number % 7 === 0 || number % 11 === 0;
  return { subject, record: again ? `first of ${subject}` : `visit ${number}`, weight: 60 + number / 8, ...(number % 11 === 0 ? { deleted: true } : {}) };
};

const compactionsOf = async (lake: Lake): Promise<Compaction[]> =>
  (await Promise.all(Array.from({ length: LAKE_PARTITIONS }, (_, partition) => listCompactions(lake.lakeTable, partition)))).flat();

/** All that a version shows, row by row. */
const shown = (manifest: DatasetManifest): Promise<string[]> =>
  withLakeView(manifest, ['person', 'measurement'], async (connection) => {
    const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson().map((row) => JSON.stringify(row));
    return [
      ...(await rows('SELECT * FROM person ORDER BY ALL')),
      ...(await rows('SELECT * FROM measurement ORDER BY ALL')),
      ...(await rows('SELECT * FROM seen ORDER BY ALL')),
      ...(await rows('SELECT measurement_concept_id, count(*), avg(value_as_number), max(ingest_order) FROM measurement GROUP BY 1 ORDER BY 1')),
    ];
  });

const documents = async (table: string): Promise<Record<string, unknown>[]> => (await dynamo().send(new ScanCommand({ TableName: table }))).Items ?? [];

/** The lake without what no run can repeat: times, versions' names, the bucket's and tables' own names. */
const contentOf = async (lake: Lake): Promise<unknown> => {
  const objects: [string, string][] = [];
  for (const { key } of await versionsBelow(lake, 'omop/')) objects.push([key, sha256(await getBytes({ bucket: lake.bucket, key }))]);
  const compactions = (await compactionsOf(lake)).map(({ committedAt: _committedAt, plan: _plan, objects: held, ...facts }) => ({
    ...facts,
    objects: held.map(({ versionId: _version, bucket: _bucket, ...object }) => object),
  }));
  const edges = (await documents(lake.lineageTable)).map(({ from, to, relation, pk }) => `${pk}: ${from} ${relation} ${to}`);
  const events = (await documents(lake.auditTable)).flatMap(({ event }) => (event ? [JSON.stringify((JSON.parse(event as string) as { data: unknown }).data)] : []));
  return { objects: objects.sort(), compactions, edges: edges.sort(), events: events.sort() };
};

const SDK_WRITES = /^(PutObject|PutItem|UpdateItem|BatchWriteItem|TransactWriteItems)Command$/;
class Killed extends Error {
  override readonly name = 'Killed';
}

/** The process dies at its `at`th write of this life: before it reached the store, or after. */
const dying = { at: Infinity, after: false, writes: 0 };
const mortal =
  (next: (args: never) => Promise<never>, { commandName }: { commandName?: string }) =>
  async (args: never): Promise<never> => {
    const isLast = SDK_WRITES.test(commandName ?? '') && ++dying.writes === dying.at;
    if (isLast && !dying.after) throw new Killed();
    const answer = await next(args);
    if (isLast) throw new Killed();
    return answer;
  };

describe('compaction', { skip: existsSync(PYTHON) ? false : 'the local cloud is not installed (.venv)' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'compaction-'));
  before(async () => {
    await startTables();
    process.env['PROBAND_S3_PATH_STYLE'] = '1';
    for (const client of [s3(), dynamo()])
      (client as unknown as { middlewareStack: { add: (middleware: typeof mortal, options: object) => void } }).middlewareStack.add(mortal, { step: 'initialize', name: 'mortal' });
  });
  after(() => {
    stopAll();
    rmSync(folder, { recursive: true });
  });

  it('200 small ingests: the same answers from far fewer objects; versions that were made before keep theirs', async (t) => {
    const lake = await createLake('many');
    const compactor = await compactorOf(lake);
    const ingests: Ingest[] = [];
    let early: DatasetManifest | null = null;
    for (let number = 1; number <= 200; number++) {
      ingests.push(await ingestVisit(lake, folder, number, visit(number)));
      if (number === 50) early = manifestOf(ingests, 'safe-harbor');
      // as the schedule would, between the uploads
      if (number % 60 === 0) await execute(compactor);
    }
    const apart = manifestOf(ingests, 'safe-harbor');
    const person = (await shown(apart)).find((row) => row.includes('1950'))!;
    const personId = Number(JSON.parse(person)[0]);
    const [answers, earlyAnswers] = [await shown(apart), await shown(early!)];
    const earlyText = sealManifest(early!).text;
    assert.ok(answers.length > 150, `${answers.length} rows are compared`);

    const { compacted, overtaken } = await execute(compactor);
    assert.ok(compacted > 0 && overtaken === 0);
    const compactions = await compactionsOf(lake);
    const merged = manifestOf(ingests, 'safe-harbor', [], compactions);
    assert.deepEqual(await shown(merged), answers);
    assert.ok(merged.objects.length * 10 < apart.objects.length, `${apart.objects.length} objects became ${merged.objects.length}`);
    const rows = ({ objects }: DatasetManifest) => objects.reduce((sum, object) => sum + object.rows, 0);
    assert.equal(rows(merged), rows(apart), 'superseded rows are kept, too');

    // a version of some of the uploads pins merged files of these alone
    assert.deepEqual(await shown(manifestOf(ingests.slice(0, 50), 'safe-harbor', [], compactions)), earlyAnswers);
    for (const object of early!.objects) await getVerified(object);
    assert.equal(sealManifest(manifestOf(ingests.slice(0, 50), 'safe-harbor')).text, earlyText);
    assert.deepEqual(await shown(early!), earlyAnswers);

    const mine = ingests.filter(({ objects }) => objects.length > 0).map(({ ingestId }) => ingestId);
    const found = await ingestsOfPerson(
      { bucket: lake.bucket, table: lake.lakeTable },
      newestCompactions(compactions).find(({ objects }) => objects.length > 0)!.partition,
      personId,
    );
    for (const ingestId of found) assert.ok(mine.includes(ingestId));
    assert.deepEqual(await execute(compactor), { compacted: 0, overtaken: 0 });

    const timed = async (manifest: DatasetManifest) => {
      const started = performance.now();
      await shown(manifest);
      return Math.round(performance.now() - started);
    };
    const bytes = ({ objects }: DatasetManifest) => Math.round(objects.reduce((sum, object) => sum + object.bytes, 0) / 1024);
    t.diagnostic(
      `${apart.objects.length} objects, ${bytes(apart)} KiB, read in ${await timed(apart)} ms → ${merged.objects.length} objects, ${bytes(merged)} KiB, ${await timed(merged)} ms`,
    );
  });

  it('killed before and after each write and run again, it leaves the same lake, byte for byte', async () => {
    const lakes = [await createLake('calm'), await createLake('killed')] as const;
    const compactors = [await compactorOf(lakes[0]), await compactorOf(lakes[1])] as const;
    for (const lake of lakes) for (let number = 1; number <= 24; number++) await ingestVisit(lake, folder, number, { ...visit(number), subject: `patient ${number % 2}` });
    const calm = await execute(compactors[0]);
    assert.ok(calm.compacted > 0);

    let deaths = 0;
    for (let at = 1; at > 0; at = dying.writes >= at ? at + 1 : 0) {
      for (const isAfter of [false, true]) {
        Object.assign(dying, { at, after: isAfter, writes: 0 });
        try {
          await execute(compactors[1]);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          deaths++;
        }
      }
    }
    Object.assign(dying, { at: Infinity });
    await execute(compactors[1]);
    assert.ok(deaths >= 2 * (calm.compacted + 3), `it died ${deaths} times`);
    assert.deepEqual(await contentOf(lakes[1]), await contentOf(lakes[0]));
  });

  it('of executions at once, one commits; files that came meanwhile are in none and are merged next', async () => {
    const lake = await createLake('race');
    const { plan, compact, commit } = await compactorOf(lake);
    const visits = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, index) =>
          ingestVisit(lake, mkdtempSync(join(folder, 'visit-')), from + index, { ...visit(from + index), subject: 'patient 0', deleted: false }),
        ),
      );
    const planned = async () => ((await plan({})) as { plans: unknown[] }).plans[0];
    const ingests = await visits(1, 12);
    const first = await planned();
    ingests.push(...(await visits(12, 14)));
    const second = await planned();
    assert.notDeepEqual(first, second);
    const outcomes = await Promise.all(
      [first, second, first].map(async (each) => ((await commit({ plan: each, compacted: await compact({ plan: each }) })) as { outcome: string }).outcome),
    );
    assert.ok(outcomes.includes('compacted') && outcomes.includes('overtaken'), outcomes.join(', '));
    ingests.push(...(await visits(14, 24)));
    await Promise.all([execute({ plan, compact, commit }), execute({ plan, compact, commit }), visits(24, 27).then((more) => ingests.push(...more))]);
    await execute({ plan, compact, commit });
    const compactions = await compactionsOf(lake);
    const merged = manifestOf(ingests, 'safe-harbor', [], compactions);
    assert.deepEqual(await shown(merged), await shown(manifestOf(ingests, 'safe-harbor')));
    assert.ok(merged.objects.length < 30, `${merged.objects.length} objects`);
    for (const { compactionId, members } of newestCompactions(compactions)) assert.ok(members.length > 0, compactionId);
  });
});
