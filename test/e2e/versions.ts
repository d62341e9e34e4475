import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ProblemError } from '../../cli/client.ts';
import { versionOf } from '../../lambdas/contracts/ids.ts';
import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import type { World } from './world.ts';

const MODEL = 'warfarin';
/** the life's own patient (local/life/life.ts) */
const SUBJECT = 'demo-patient';
/** a predictor goes by what it has read for 2 s */
const TAKES_EFFECT_MS = 20_000;

/** What a registry is asked after the fact: who was served by what, how two versions differ, which is to be used no more. */
export const versions = (world: () => Pick<World, 'as' | 'cloud' | 'report' | 'scratch'>): void => {
  describe('versions of a model', () => {
    const problem = (status: number, detail: RegExp) => (error: Error) => error instanceof ProblemError && error.problem.status === status && detail.test(error.problem.detail);
    const predict = () =>
      world().as('clinician')('createPrediction', { params: { model: MODEL }, body: { subjectKey: 'deprecation', features: { age_decade: 6, weight_kg: 80, height_cm: 170 } } });

    it('what served a patient on a day is one call: answers, routing, the signed version', async () => {
      const clinician = world().as('clinician');
      const { prediction } = world().report;
      const { items: history } = await clinician('getModelHistory', { params: { model: MODEL } });
      const inProduction = history.find(({ to, version }) => to === 'production' && version === 1)!;
      const date = inProduction.at.slice(0, 10);
      const served = await clinician('findServed', { params: { model: MODEL }, body: { subjectKey: SUBJECT, date } });
      const answer = served.answers.find(({ predictionId }) => predictionId === prediction!.predictionId)!;
      assert.deepEqual([answer.version, answer.role], [1, 'production']);
      assert.equal(answer.weeklyDoseMg, prediction!.weeklyDoseMg);
      assert.ok(served.routing.length >= 4, 'shadow, 5, 25, 100 %');
      assert.equal(served.routing[0]!.version, null, 'in the shadow nothing is answered');
      assert.deepEqual([served.routing.at(-1)!.version, served.routing.at(-1)!.role], [1, 'production']);
      const [version] = served.versions;
      assert.equal(version!.modelVersion, `${MODEL}@1`);
      assert.equal(version!.modelDigest, world().report.model!.digest);
      const { printedName, signer, meaning } = version!.signature!;
      const { signature } = world().report;
      assert.deepEqual({ signer: printedName, username: signer, meaning }, { signer: signature!.signer, username: signature!.username, meaning: signature!.meaning });
      assert.ok(version!.stages.some(({ to }) => to === 'production'));
    });

    it('of a patient who was never seen it is the routing alone; of a day to come, a refusal', async () => {
      const auditor = world().as('auditor');
      const today = new Date().toISOString().slice(0, 10);
      const served = await auditor('findServed', { params: { model: MODEL }, body: { subjectKey: 'nobody that was ever here', date: today } });
      assert.deepEqual(served.answers, []);
      assert.ok(served.routing.length > 0);
      assert.deepEqual((await auditor('findServed', { params: { model: MODEL }, body: { subjectKey: SUBJECT, date: '2001-01-01' } })).routing, []);
      await assert.rejects(auditor('findServed', { params: { model: MODEL }, body: { subjectKey: SUBJECT, date: '2999-01-01' } }), problem(400, /2999-01-01 is yet to come/));
      const { events } = await auditor('exportAudit', { query: { from: 0, limit: 3000 } });
      const asked = events.filter(({ what }) => what === 'findServed');
      assert.ok(asked.length >= 4, `${asked.length} on the chain`);
      assert.doesNotMatch(JSON.stringify(asked), new RegExp(`${SUBJECT}|never here`), 'no subject key on the chain');
    });

    it('are compared: the retrained candidate against the one in production, as data and as a page', async () => {
      const auditor = world().as('auditor');
      const other = versionOf(world().report.retraining!.model!);
      const found = await auditor('compareModelVersions', { params: { model: MODEL }, query: { base: 1, other } });
      assert.equal(found.sameData, true, 'the life retrains on the dataset that it has');
      assert.equal(found.base.stage, 'production');
      assert.ok(found.parameters.some(({ name, base }) => name === 'learning_rate' && typeof base === 'number'));
      const gates = await auditor('getModelVersion', { params: { model: MODEL, version: 1 } });
      assert.deepEqual(
        found.gates.map(({ name, base }) => [name, base.value]).slice(0, gates.gates.length),
        gates.gates.map(({ name, value }) => [name, value]),
      );
      assert.ok(found.subgroups.length > 3);
      assert.ok(found.performance.some(({ how, base, other: second }) => how === 'leaveOneSiteOut' && base!.n > 0 && second!.n > 0));
      const page = await auditor('getComparisonPage', { params: { model: MODEL }, query: { base: 1, other } });
      writeFileSync(join(world().scratch, 'comparison.html'), page);
      assert.equal(page.match(/<svg /g)?.length, 2);
      await assert.rejects(auditor('compareModelVersions', { params: { model: MODEL }, query: { base: 1, other: 1 } }), problem(400, /the base itself/));
      await assert.rejects(auditor('compareModelVersions', { params: { model: MODEL }, query: { base: 1, other: 99 } }), problem(404, /no model version warfarin@99/));
    });

    it('keep who called them what: an alias of MLflow’s clients beside the stages, each with the signature that stood by then', async () => {
      const { cloud } = world();
      const response = await fetch(`${cloud.apiUrl}/mlflow/${HOME_PROJECT}/api/2.0/mlflow/registered-models/alias`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await cloud.people.token('ml-engineer')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: MODEL, alias: 'champion', version: '1' }),
      });
      assert.equal(response.status, 200, 'what is in production may be called champion');
      const { items } = await world().as('auditor')('getRegisteredModelHistory', { params: { project: HOME_PROJECT, name: MODEL } });
      const approved = items.find(({ change, version }) => version === 1 && change.kind === 'clinical-stage' && change.to === 'approved')!;
      assert.match(approved.signatureId!, /^sig_/);
      const champion = items.findLast(({ change }) => change.kind === 'alias' && change.alias === 'champion')!;
      assert.deepEqual([champion.version, champion.signatureId], [1, approved.signatureId]);
      assert.ok(champion.by.length > 0 && Date.parse(champion.at) > Date.parse(approved.at));
      await assert.rejects(world().as('auditor')('getRegisteredModelHistory', { params: { project: HOME_PROJECT, name: 'no such model, ö' } }), problem(404, /no such model, ö/));
    });

    it('are deprecated: rolled out no more, said in the answers and to MLflow’s clients, and taken back', async () => {
      const engineer = world().as('ml-engineer');
      const params = { model: MODEL, version: 1 };
      const reason = 'a better one is being reviewed';
      const deprecated = await engineer('deprecateModelVersion', { params, body: { reason, endOfUse: '2999-12-31' } });
      assert.equal(deprecated.deprecation!.reason, reason);
      assert.equal((await engineer('deprecateModelVersion', { params, body: { reason, endOfUse: '2999-12-31' } })).deprecation!.at, deprecated.deprecation!.at, 'twice is once');
      await assert.rejects(engineer('createRollout', { params: { model: MODEL }, body: { version: 1 } }), problem(409, /was deprecated by .*a better one/));
      const until = Date.now() + TAKES_EFFECT_MS;
      let told = (await predict()).deprecation;
      while (!told && Date.now() < until) {
        await wait(500);
        told = (await predict()).deprecation;
      }
      assert.deepEqual(told, { reason, endOfUse: '2999-12-31' });
      const tags = async () => {
        const { cloud } = world();
        const response = await fetch(`${cloud.apiUrl}/mlflow/${HOME_PROJECT}/api/2.0/mlflow/model-versions/get?name=${MODEL}&version=1`, {
          headers: { authorization: `Bearer ${await cloud.people.token('auditor')}` },
        });
        const { model_version: version } = (await response.json()) as { model_version: { tags: { key: string; value: string }[] } };
        return version.tags.find(({ key }) => key === 'proband.deprecated')?.value;
      };
      assert.equal(await tags(), reason);
      assert.equal((await engineer('deprecateModelVersion', { params, body: { deprecated: false, reason: 'the other one was rejected' } })).deprecation, undefined);
      assert.equal(await tags(), undefined);
      const { deprecations } = await engineer('getModelHistory', { params: { model: MODEL } });
      assert.deepEqual(
        deprecations.map(({ version, deprecated: so }) => [version, so]),
        [
          [1, true],
          [1, false],
        ],
      );
      await assert.rejects(engineer('deprecateModelVersion', { params, body: { reason, replacedBy: 99 } }), problem(409, /there is no warfarin@99/));
      await assert.rejects(engineer('deprecateModelVersion', { params, body: { reason: 'short' } }), problem(400, /reason/));
    });
  });
};
