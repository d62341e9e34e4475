import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Client } from '../../cli/client.ts';
import type { ProblemError } from '../../cli/client.ts';
import { digestOf, send } from '../../cli/landing.ts';
import { checkSet } from '../../lambdas/adapters/sample-reading.ts';
import { setFile } from '../../lambdas/adapters/set-files.ts';
import type { ResponseOf } from '../../lambdas/contracts/operations.ts';
import { withoutSamples } from '../../lambdas/domain/lake/staged-set.ts';
import { checkedFile } from '../../lambdas/domain/lake/checked-file.ts';
import { findSource } from '../../lambdas/domain/lake/sources.ts';
import { ROOT } from '../../local/cloud/processes.ts';
import { until } from '../../local/life/wait.ts';
import type { World } from './world.ts';

const SECONDS = 120;
const quietly = () => undefined;
const hasEnded = ({ status }: { status: string }) => status !== 'awaiting-file';

type Tried = { source: string } | { map: Record<string, unknown> };

/** A source tried on files, from the request to its answer. */
export const check = async (client: Client, paths: readonly string[], tried: Tried): Promise<ResponseOf<'getSourceCheck'>> => {
  const files = await Promise.all(paths.map(async (path) => ({ path, digest: await digestOf(path) })));
  const ticket = await client('createSourceCheck', { body: { ...tried, ...(files.length === 1 ? files[0]!.digest : { files: files.map(({ digest }) => digest) }) } });
  await send(ticket, files, quietly);
  return until(ticket.checkId, () => client('getSourceCheck', { params: { checkId: ticket.checkId } }), hasEnded, { seconds: SECONDS });
};

const draft = async (client: Client, path: string, name: string): Promise<ResponseOf<'getSourceDraft'>> => {
  const digest = await digestOf(path);
  const ticket = await client('createSourceDraft', { body: { name, ...digest } });
  await send(ticket, [{ path, digest }], quietly);
  return until(ticket.draftId, () => client('getSourceDraft', { params: { draftId: ticket.draftId } }), hasEnded, { seconds: SECONDS });
};

/** A source tried, and drafted, by the API alone; nothing of it reaches the lake. */
export const samples = (world: () => World): void => {
  describe('a sample', () => {
    const scientist = () => world().as('data-scientist');
    const shipped = (...path: string[]) => join(ROOT, ...path);
    const written = (name: string, content: string) => {
      const path = join(mkdtempSync(join(world().scratch, 'sample-')), name);
      writeFileSync(path, content);
      return path;
    };

    it('is checked: the same answer as the dry run on one’s own machine, without the names of samples', async () => {
      for (const [source, ...path] of [
        ['synthetic-cohort', 'local', 'cohort', 'development.csv'],
        ['synthetic-vcf', 'local', 'cohort', 'hospital-107.vcf'],
      ] as const) {
        const file = shipped(...path);
        const found = await check(scientist(), [file], { source });
        assert.deepEqual([found.status, found.source], ['read', source], found.detail ?? 'no detail');
        const [reading] = await checkSet(findSource(source)!, [setFile(0, file, readFileSync(file).length, file)], mkdtempSync(join(world().scratch, 'check-')));
        assert.ok(reading!.read > 50 && reading!.admitted > 0);
        assert.deepEqual(found.files, JSON.parse(JSON.stringify([checkedFile('1', withoutSamples(reading!))])));
      }
    });

    it('of several files is read as one set', async () => {
      const found = await check(
        scientist(),
        ['lb.json', 'dm.json'].map((name) => shipped('test', 'fixtures', 'dataset-json', name)),
        { source: 'dataset-json' },
      );
      assert.equal(found.files!.length, 2);
      for (const { admitted } of found.files!) assert.ok(admitted > 0);
    });

    it('that a source refuses says why', async () => {
      const found = await check(scientist(), [written('none.json', '{"resourceType": "Patient"}')], { source: 'synthetic-vcf' });
      assert.equal(found.status, 'read');
      assert.equal(found.files![0]!.quarantined[0]!.where, 'file');
    });

    it('becomes a draft, which is edited and then tried on the same file', async () => {
      const rows = Array.from(
        { length: 30 },
        (_, row) => `SYN-${70 + row},2014-05-${String((row % 28) + 1).padStart(2, '0')},${row % 2 ? 'M' : 'F'},2.${row % 10},spoke to Ruth Abernethy`,
      );
      const path = written('clinic.csv', ['Patient Id,Visit Date,Sex,INR,Notes', ...rows].join('\n'));
      const { map, notes, status, detail } = await draft(scientist(), path, 'my-clinic');
      assert.equal(status, 'read', detail ?? 'no detail');
      assert.doesNotMatch(JSON.stringify({ map, notes }), /SYN-|Abernethy/);
      assert.ok(notes!.some((note) => note.includes('Patient Id')));
      const found = await check(scientist(), [path], { map: { ...map, title: 'INR of a clinic' } });
      assert.deepEqual([found.source, found.files![0]!.read, found.files![0]!.admitted, found.files![0]!.rows['measurement']], ['my-clinic', 30, 30, 30]);
    });

    it('without a header makes no draft: its first line would be a patient’s', async () => {
      const { status, detail, map } = await draft(scientist(), written('rows.csv', 'SYN-1,2014-05-01,F,2.4\nSYN-2,2014-05-02,M,2.6\n'), 'my-clinic');
      assert.deepEqual([status, map], ['refused', undefined]);
      assert.match(detail!, /must be the header: cell 2/);
    });

    it('cannot be tried by a map that is wrong: told by key and what is allowed, not by its value', async () => {
      const map = JSON.parse(readFileSync(shipped('config', 'sources', 'cgm.json'), 'utf8'));
      map.unit = 'SYN-17 mg';
      const asked = scientist()('createSourceCheck', { body: { map, bytes: 5, sha256: '0'.repeat(64) } });
      await assert.rejects(asked, (error: ProblemError) => {
        assert.equal(error.problem.status, 400);
        assert.deepEqual(
          error.problem.errors!.map(({ field }) => field),
          ['map.unit'],
        );
        assert.match(error.problem.errors![0]!.allowed, /mg\/dL.*mmol\/L/);
        assert.doesNotMatch(JSON.stringify(error.problem), /SYN-17/);
        return true;
      });
    });
  });
};
