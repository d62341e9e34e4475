import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { fromJSONSchema } from 'zod';
import { canonicalJson } from '../../lambdas/domain/canonical-json.ts';
import { ROOT, stopAll } from '../../local/cloud/processes.ts';
import expected from '../../local/cohort/expected.json' with { type: 'json' };
import { Report } from '../../local/life/report.ts';
import { auditOf } from './audit.ts';
import { checkpoints } from './checkpoints.ts';
import { compaction } from './compaction.ts';
import { bulkExport } from './export.ts';
import { faults } from './faults.ts';
import { webInterface } from './interface.ts';
import { mlflow } from './mlflow.ts';
import { personalData } from './personal-data.ts';
import { projects } from './projects.ts';
import { refusals } from './refusals.ts';
import { relay } from './relay.ts';
import { samples } from './samples.ts';
import { signIn } from './sign-in.ts';
import { signing } from './signing.ts';
import { versions } from './versions.ts';
import { webhooks } from './webhooks.ts';
import { type World, raise } from './world.ts';

/** MiB: the whole local life, every process of it. */
const MEMORY_MIB = 4096;

/** Patients who came by bundle and VCF. */
const HOSPITAL_107 = 60;

/** One local cloud for the whole file: it lives a life first, and what follows happens to a cloud with a past. */
let raised: World | undefined;
const world = (): World => raised ?? assert.fail('the local cloud is not up');

describe('a virtual patient model’s life on the local cloud', { timeout: 45 * 60_000 }, () => {
  before(async () => {
    raised = await raise();
  });
  after(async () => {
    await raised?.end();
    await stopAll();
  });

  describe('the life', () => {
    it('came to its end, with a second for every step and less memory than a laptop has', () => {
      const { outcome, detail, seconds, peakMemoryMiB } = world().report;
      assert.equal(outcome, 'completed', detail ?? 'no detail');
      assert.ok(Object.keys(seconds).length >= 20);
      assert.ok(peakMemoryMiB > 0 && peakMemoryMiB < MEMORY_MIB, `${peakMemoryMiB} MiB`);
    });

    it('reports by the published schema', () => {
      const schema = JSON.parse(readFileSync(join(ROOT, 'docs', 'report.schema.json'), 'utf8')) as Parameters<typeof fromJSONSchema>[0];
      const report = JSON.parse(JSON.stringify(Report.parse(world().report))) as unknown;
      const parsed = fromJSONSchema(schema).safeParse(report);
      assert.ok(parsed.success, JSON.stringify(parsed.error?.issues.slice(0, 5)));
    });

    it('admits and quarantines exactly the rows that it must', () => {
      const { ingest } = world().report;
      const files = [expected.development, expected['hospital-107.bundle.json'], expected['hospital-107.vcf'], expected.external];
      assert.deepEqual(
        ingest!.files.map(({ read, admitted, quarantinedRows }) => ({ read, admitted, quarantinedRows })),
        files.map(({ read, admitted, quarantinedRows }) => ({ read, admitted, quarantinedRows })),
      );
      const counts = new Map<string, number>();
      for (const { reason, column, count } of files.flatMap(({ quarantined }) => quarantined as { reason: string; column?: string; count: number }[])) {
        counts.set(`${reason} ${column ?? ''}`, (counts.get(`${reason} ${column ?? ''}`) ?? 0) + count);
      }
      assert.deepEqual(
        Object.fromEntries(ingest!.quarantined.map(({ reason, column, count }) => [`${reason} ${column ?? ''}`, count]).sort()),
        Object.fromEntries([...counts].sort()),
      );
    });

    it('rebuilds the dataset version to the byte', () => {
      assert.equal(world().report.dataset!.rebuildIdentical, true);
      assert.equal(world().report.dataset!.patients, expected.development.admitted + expected.external.admitted + HOSPITAL_107);
    });

    it('blocks the planted leak, with its evidence', () => {
      const { status, findings } = world().report.plantedLeak!;
      assert.equal(status, 'leakage-blocked');
      for (const planted of ['patient-in-two-splits', 'external-institution-in-training'])
        assert.ok(
          findings.some(({ check }) => check === planted),
          planted,
        );
    });

    it('passes every gate with a value inside its threshold, and beats the fixed dose where it was not trained', () => {
      const { gates, metrics, split } = world().report;
      assert.ok(gates!.length > 20);
      const decided = gates!.filter(({ outcome }) => outcome !== 'not-applicable');
      assert.ok(decided.length >= 20, `${decided.length} gates were decided`);
      for (const { name, value, threshold, comparison, outcome } of decided) {
        const [low, high] = Array.isArray(threshold) ? threshold : comparison === '<=' ? [-Infinity, threshold] : [threshold, Infinity];
        assert.ok(outcome === 'pass' && value !== null && value >= low! && value <= high!, `${name}: ${value} against ${threshold} is a ${outcome}`);
      }
      for (const compared of [metrics!.leaveOneSiteOut, metrics!.external!]) assert.ok(compared.model.maeMgPerWeek < compared.fixedDose.maeMgPerWeek);
      const { model, pharmacogenetic, clinical, fixedDose } = metrics!.leaveOneSiteOut;
      assert.ok(pharmacogenetic.maeMgPerWeek < clinical.maeMgPerWeek && clinical.maeMgPerWeek < fixedDose.maeMgPerWeek);
      assert.ok(model.maeMgPerWeek < clinical.maeMgPerWeek);
      assert.equal(metrics!.leaveOneSiteOut.model.n, split!.train + split!.validation);
      assert.equal(metrics!.external!.model.n, split!.external);
    });

    it('is signed: the signature verifies with the public key and is bound to the bytes that answer', async () => {
      const { as, cloud, report } = world();
      const { runId, digest } = report.model!;
      const { signature } = (await as('auditor')('listReviews', {})).items.find((review) => review.runId === runId)!;
      const kms = new KMSClient({ endpoint: cloud.emulator.endpoint, region: cloud.emulator.env['AWS_REGION']!, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: signature!.keyId }));
      const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
      const isSigned = (statement: unknown) => verify('sha256', Buffer.from(canonicalJson(statement)), key, Buffer.from(signature!.signature, 'base64'));
      assert.ok(isSigned(signature!.statement));
      assert.ok(!isSigned({ ...signature!.statement, printedName: 'Someone Else' }));
      assert.equal(signature!.statement.subject.modelDigest, digest);
      assert.equal(report.prediction!.modelDigest, digest);
      assert.equal(report.signature!.verified, true);
    });

    it('is rolled out in stages and then answers', async () => {
      const { status, stages } = world().report.rollout!;
      assert.equal(status, 'completed');
      assert.deepEqual(
        stages.map(({ name, share, outcome }) => [name, share, outcome]),
        [
          ['shadow', 0, 'held'],
          ['canary-5', 0.05, 'held'],
          ['canary-25', 0.25, 'held'],
          ['production', 1, 'held'],
        ],
      );
      const { production, canary, shadow } = await world().as('auditor')('getDeployment', { params: { model: 'warfarin' } });
      assert.deepEqual({ production, canary, shadow }, { production: 1, canary: null, shadow: null });
    });

    it('explains a prediction: contributions add up, the dose lies in its interval', () => {
      const { weeklyDoseMg, interval, explanation, inrCourse } = world().report.prediction!;
      const sum = explanation.contributions.reduce((total, { contributionMgPerWeek }) => total + contributionMgPerWeek, explanation.referenceDoseMgPerWeek);
      assert.ok(Math.abs(sum - weeklyDoseMg) < 1e-3, `the contributions add up to ${sum}, the dose is ${weeklyDoseMg} mg/week`);
      assert.ok(interval.lowerMgPerWeek < weeklyDoseMg && weeklyDoseMg < interval.upperMgPerWeek);
      assert.ok(inrCourse.length > 0 && inrCourse.every(({ inr }) => inr >= 1 && inr < 20));
      assert.match(world().report.refusedPrediction!.detail, /weight_kg.*6800.*15 to 350 kg/);
    });

    it('simulates both arms of the trial with intervals, beside the published numbers', () => {
      const { arms, published } = world().report.trial!;
      assert.deepEqual(arms.map(({ name }) => name).sort(), ['genotype-guided', 'standard']);
      for (const { name, n, ttrPercent, interval } of arms) {
        assert.ok(n >= 100 && ttrPercent !== null && interval !== null, name);
        assert.ok(interval[0] < ttrPercent && ttrPercent < interval[1] && interval[0] > 0 && interval[1] < 100, `${name}: ${ttrPercent} in ${interval}`);
      }
      assert.match(JSON.stringify(published), /NEJMoa1311386/);
    });

    it('alarms on the shifted population and not on the stable one', () => {
      const { stable, shifted } = world().report.drift!;
      assert.deepEqual([stable.alarm, stable.signals.filter(({ alarming }) => alarming)], [false, []]);
      assert.equal(shifted!.alarm, true);
      assert.ok(shifted!.alarms.some(({ name }) => name === 'drift-clinical-relevance'));
      assert.ok(shifted!.signals.some(({ kind, alarming }) => kind === 'clinical-relevance' && alarming));
      assert.deepEqual([...new Set(shifted!.alarms.map(({ status }) => status))].sort(), ['acknowledged', 'escalated']);
      assert.equal(shifted!.alarms.filter(({ status }) => status === 'acknowledged').length, 1);
    });

    it('retrains inside the plan up to a review that nobody has signed', () => {
      const { path, status, model } = world().report.retraining!;
      assert.deepEqual([path, status], ['inside-plan', 'candidate']);
      assert.notEqual(model, world().report.model!.id);
    });

    it('leaves an audit chain that verifies and in which every forgery is found, with an event of every step', async () => {
      const { verified, tamperings, events, checkpoints } = world().report.audit!;
      assert.equal(verified, true);
      assert.ok(events > 100 && checkpoints > 0);
      assert.deepEqual(
        tamperings.map(({ what, found }) => [what, found]),
        [
          ['an event altered', true],
          ['an event dropped', true],
          ['two events swapped', true],
        ],
      );
      const what = new Set((await auditOf(world())).map((event) => event.what));
      for (const step of [
        'createUpload',
        'ingest:CommitIngest',
        'createDataset',
        'createRun',
        'develop:BuildFeatures',
        'develop:DecideGates',
        'develop:RegisterCandidate',
        'decideReview',
        'createRollout',
        'rollout:VerifySignature',
        'prediction:record-predictions',
        'createTrial',
        'createOutcomes',
        'createMonitoringRun',
        'acknowledgeAlarm',
      ]) {
        assert.ok(what.has(step), `the chain has no event of ${step}; it has ${[...what].join(', ')}`);
      }
    });

    it('can be walked from the prediction to the source file and back', () => {
      const { fromPrediction, reachesUpload, reachesModel } = world().report.lineage!;
      assert.deepEqual([reachesUpload, reachesModel], [true, true]);
      for (const kind of [/^warfarin@/, /^run_/, /^ds_/, /^ing_/, /^upl_/])
        assert.ok(
          fromPrediction.some((id) => kind.test(id)),
          String(kind),
        );
    });
  });

  signIn(world);
  checkpoints(world);
  refusals(world);
  bulkExport(world);
  samples(world);
  compaction(world);
  faults(world);
  signing(world);
  webhooks(world);
  mlflow(world);
  webInterface(world);
  projects(world);
  versions(world);
  relay(world);
  personalData(world);

  describe('the end', () => {
    it('leaves by Ctrl-C with the life’s exit code, and nothing behind', async () => {
      const { endpoint } = world().cloud.emulator;
      assert.ok((await fetch(`${endpoint}/_ministack/health`)).ok);
      assert.equal(await world().end(), 0);
      await assert.rejects(fetch(`${endpoint}/_ministack/health`));
    });
  });
});
