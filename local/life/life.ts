import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, ProblemError, clientOf } from '../../cli/client.ts';
import { makeDataset, rebuildDataset } from '../../cli/dataset-version.ts';
import type { AuditExport } from '../../lambdas/contracts/audit.ts';
import type { Role } from '../../lambdas/contracts/principal.ts';
import type { Run } from '../../lambdas/contracts/run.ts';
import { verifyExport } from '../../lambdas/domain/governance/verify.ts';
import type { Cloud } from '../cloud/up.ts';
import { type Cohorts, leakyExternal } from './cohorts.ts';
import { admitted, upload } from './data.ts';
import type { Report } from './report.ts';
import type { Narrator } from './show.ts';
import { tamperings } from './tampering.ts';
import { type Served, predictFor, reportOutcomes } from './traffic.ts';
import { until } from './wait.ts';

const MODEL = 'warfarin';
const DESIGN = 'eu-pact';
const RUN_SECONDS = 1800;

/** The life ended before its end, as it should when a gate or the leakage guard says so. */
export class Stopped extends Error {
  readonly outcome: 'leakage-blocked' | 'gates-failed' | 'failed';
  constructor(outcome: Stopped['outcome'], detail: string) {
    super(detail);
    this.outcome = outcome;
  }
}

const insist = (condition: boolean, detail: string): void => {
  if (!condition) throw new Stopped('failed', detail);
};

/** A virtual patient model's whole life, every step through the deployed API, as the people and applications would take it. */
export const liveALife = async (cloud: Cloud, cohorts: Cohorts, folder: string, { step }: Narrator, report: Report): Promise<void> => {
  const as = (role: Role): Client => clientOf(cloud.apiUrl, () => cloud.people.token(role));
  const [scientist, engineer, clinician, auditor] = [as('data-scientist'), as('ml-engineer'), as('clinician'), as('auditor')];
  const keep = (name: string, content: string): void => {
    const path = join(folder, name);
    writeFileSync(path, content);
    report.files[name] = path;
  };
  const waitForRun = (runId: string, progress: (text: string) => void): Promise<Run> =>
    until(
      `run ${runId}`,
      () => scientist('getRun', { params: { runId } }),
      ({ status }) => status !== 'running',
      { seconds: RUN_SECONDS, every: 1000, progress: (run) => progress(`${run.step}${run.progress === undefined ? '' : ` ${Math.round(100 * run.progress)} %`}`) },
    );

  const uploads = await step(
    'upload and ingest',
    async (progress) => {
      const found = [admitted(await upload(scientist, cohorts.development, cohorts.source, 'development', progress))];
      for (const { source, content } of cohorts.others) found.push(admitted(await upload(scientist, content, source, 'development', progress)));
      if (cohorts.external) found.push(admitted(await upload(scientist, cohorts.external, cohorts.source, 'external', progress)));
      const reports = found.map(({ report: ingest }) => ingest!);
      const quarantined = new Map<string, Report['ingest'] extends infer I ? (NonNullable<I> extends { quarantined: (infer Q)[] } ? Q : never) : never>();
      for (const reason of reports.flatMap(({ quarantined: reasons }) => reasons)) {
        const key = `${reason.reason}/${reason.column ?? ''}`;
        quarantined.set(key, { ...reason, count: reason.count + (quarantined.get(key)?.count ?? 0) });
      }
      report.ingest = {
        read: reports.reduce((sum, { read }) => sum + read, 0),
        admitted: reports.reduce((sum, ingest) => sum + ingest.admitted, 0),
        quarantined: [...quarantined.values()],
        files: found.map(({ uploadId, use, report: ingest }) => ({ uploadId, use, read: ingest!.read, admitted: ingest!.admitted, quarantinedRows: ingest!.quarantinedRows })),
      };
      return found;
    },
    (found) => found.map(({ uploadId }) => uploadId).join(' '),
  );

  await step(
    'the same bytes again make nothing new',
    async (progress) => {
      const again = await upload(scientist, cohorts.development, cohorts.source, 'development', progress);
      insist(again.status === 'duplicate', `the same bytes again are ${again.status}`);
      return again;
    },
    ({ detail }) => detail ?? '',
  );

  const dataset = await step(
    'dataset version, rebuilt byte for byte',
    async (progress) => {
      const made = await makeDataset(scientist, { name: 'warfarin-cohort', uploads: uploads.map(({ uploadId }) => uploadId) }, progress);
      const rebuilt = await rebuildDataset(scientist, made.datasetId, progress);
      insist(rebuilt.identical, `the rebuilt dataset differs: ${rebuilt.differences.join('; ')}`);
      report.dataset = { id: made.datasetId, patients: made.patients, rebuildIdentical: rebuilt.identical };
      return made;
    },
    ({ datasetId, patients }) => `${datasetId} (${patients} patients)`,
  );

  await step(
    'a planted leak is blocked',
    async (progress) => {
      const leaky = admitted(await upload(scientist, leakyExternal(cohorts), cohorts.source, 'external', progress));
      const planted = await makeDataset(scientist, { name: 'planted-leak', uploads: [uploads[0]!.uploadId, leaky.uploadId] }, progress);
      const run = await waitForRun((await scientist('createRun', { body: { model: MODEL, datasetId: planted.datasetId } })).runId, progress);
      insist(run.status === 'leakage-blocked', `a run on a planted leak ended as ${run.status}`);
      report.plantedLeak = {
        runId: run.runId,
        status: run.status,
        findings: (run.leakage ?? []).filter(({ outcome }) => outcome === 'fail').map(({ check, detail }) => ({ check, detail })),
      };
      return run;
    },
    ({ detail }) => detail ?? '',
  );

  const run = await step(
    'features, split, training, gates',
    async (progress) => {
      const started = await scientist('createRun', { body: { model: MODEL, datasetId: dataset.datasetId } });
      const ended = await waitForRun(started.runId, progress);
      if (ended.split) report.split = { train: ended.split.train, validation: ended.split.validation, external: ended.split.external, how: ended.split.how };
      if (ended.gates) report.gates = ended.gates;
      if (ended.metrics) report.metrics = ended.metrics as NonNullable<Report['metrics']>;
      if (ended.status === 'leakage-blocked' || ended.status === 'gates-failed') throw new Stopped(ended.status, ended.detail ?? ended.status);
      insist(ended.status === 'candidate', `run ${ended.runId} is ${ended.status}: ${ended.detail ?? 'no detail'}`);
      return ended;
    },
    ({ runId, modelVersion }) => `${runId} → ${modelVersion}`,
  );
  const version = Number(run.modelVersion!.split('@')[1]);
  const registered = await scientist('getModelVersion', { params: { model: MODEL, version } });
  report.model = { id: run.modelVersion!, digest: registered.digests.model, runId: run.runId };
  keep('model-card.html', await scientist('getModelCard', { params: { model: MODEL, version } }));

  await step(
    'without a signature nothing is deployed',
    async () => {
      const problem = await refusal(() => engineer('createRollout', { params: { model: MODEL }, body: { version } }));
      insist(problem !== null, 'an unsigned version was rolled out');
      return problem!;
    },
    ({ problem }) => `${problem.status} ${problem.detail}`,
  );

  await step(
    'a clinician reads the dossier and signs',
    async (progress) => {
      const reviewId = run.reviewId!;
      keep('dossier.html', await clinician('getReviewPage', { params: { reviewId } }));
      const { idToken } = await cloud.people.signIn('clinician');
      const decided = await clinician('decideReview', {
        params: { reviewId },
        body: {
          decision: 'sign',
          printedName: 'Dr. Demo Clinician',
          meaning: 'I reviewed the evidence and approve this version for decision support at this site.',
          secondAuthentication: idToken,
        },
      });
      const approved = await until(
        'approval',
        () => clinician('getModelVersion', { params: { model: MODEL, version } }),
        ({ stage }) => stage !== 'in-review',
        { seconds: 60, progress: ({ stage }) => progress(stage) },
      );
      insist(approved.stage === 'approved', `the signed version is ${approved.stage}`);
      const { statement } = decided.signature!;
      report.signature = {
        signer: statement.printedName,
        username: statement.username,
        meaning: statement.meaning,
        signedAt: statement.signedAt,
        verified: approved.stage === 'approved',
      };
      return decided;
    },
    ({ signature }) => signature!.signatureId,
  );

  await step(
    'rollout: shadow, 5, 25, 100 %',
    async (progress) => {
      const { rolloutId } = await engineer('createRollout', { params: { model: MODEL }, body: { version } });
      let round = 0;
      const ended = await until(
        'the rollout',
        async () => {
          await predictFor(clinician, MODEL, cohorts.stable.slice(0, 40), `rollout-${round++}`);
          return engineer('getRollout', { params: { rolloutId } });
        },
        ({ status }) => status !== 'running',
        { seconds: 240, every: 200, progress: ({ stages }) => progress(stages.map(({ name, outcome }) => `${name} ${outcome}`).join(', ')) },
      );
      report.rollout = {
        id: rolloutId,
        status: ended.status,
        stages: ended.stages.map(({ name, share, outcome, startedAt, endedAt }) => ({
          name,
          share,
          outcome,
          seconds: endedAt ? (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 : null,
        })),
      };
      insist(ended.status === 'completed', `the rollout is ${ended.status}: ${ended.detail ?? ''}`);
      return ended;
    },
    ({ rolloutId, stages }) => `${rolloutId} ${stages.map(({ name }) => name).join(' → ')}`,
  );

  await step(
    'a prediction, explained',
    async () => {
      const patient = { age_decade: 7, height_cm: 165, weight_kg: 68, sex: 'female', race: 'White', cyp2c9: '*1/*3', vkorc1: 'A/G', amiodarone: 1 };
      const prediction = await clinician('createPrediction', { params: { model: MODEL }, body: { subjectKey: 'demo-patient', features: patient } });
      report.prediction = prediction;
      const problem = await refusal(() =>
        clinician('createPrediction', { params: { model: MODEL }, body: { subjectKey: 'demo-patient', features: { ...patient, weight_kg: 6800 } } }),
      );
      insist(problem?.problem.status === 400, 'a weight of 6800 kg was not refused');
      report.refusedPrediction = { status: problem!.problem.status, detail: problem!.problem.detail };
      return prediction;
    },
    ({ predictionId, weeklyDoseMg, interval }) =>
      `${predictionId} ${weeklyDoseMg.toFixed(1)} mg/week (${interval.lowerMgPerWeek.toFixed(1)} to ${interval.upperMgPerWeek.toFixed(1)})`,
  );

  await step(
    'a simulated trial',
    async (progress) => {
      const { trialId } = await scientist('createTrial', { body: { model: MODEL, version, design: DESIGN } });
      const ended = await until(
        `trial ${trialId}`,
        () => scientist('getTrial', { params: { trialId } }),
        ({ status }) => status !== 'running',
        { seconds: 900, every: 1000, progress: ({ progress: share }) => progress(share === undefined ? 'queued' : `${Math.round(100 * share)} %`) },
      );
      insist(ended.status === 'completed', `the trial is ${ended.status}: ${ended.detail ?? ''}`);
      const result = ended.result as { arms: NonNullable<Report['trial']>['arms']; published: unknown };
      report.trial = {
        id: trialId,
        arms: result.arms.map(({ name, n, analysed, ttrPercent, interval }) => ({ name, n, analysed, ttrPercent, interval })),
        published: result.published,
      };
      keep('trial.html', await scientist('getTrialPage', { params: { trialId } }));
      return ended;
    },
    ({ trialId }) => trialId,
  );

  const watch = async (name: 'stable' | 'shifted', patients: Cohorts['stable'], progress: (text: string) => void) => {
    const from = new Date().toISOString();
    const served: Served = await predictFor(clinician, MODEL, patients, name, progress);
    insist(served.length === patients.length, `${patients.length - served.length} of ${patients.length} predictions were not served`);
    const to = new Date(Date.now() + 1).toISOString();
    progress('outcomes');
    await reportOutcomes(clinician, MODEL, served);
    const { monitoringRunId } = await scientist('createMonitoringRun', { params: { model: MODEL }, body: { from, to } });
    const ended = await until(
      `monitoring run ${monitoringRunId}`,
      () => scientist('getMonitoringRun', { params: { monitoringRunId } }),
      ({ status }) => status !== 'running',
      { seconds: 120, progress: ({ status }) => progress(status) },
    );
    insist(ended.status === 'stable' || ended.status === 'drifted', `monitoring run ${monitoringRunId} is ${ended.status}: ${ended.detail ?? ''}`);
    const alarms = (await scientist('listAlarms', {})).items.filter((alarm) => alarm.monitoringRunId === monitoringRunId);
    return {
      monitoringRunId,
      predictions: ended.predictions ?? 0,
      outcomes: ended.outcomes ?? 0,
      signals: ended.signals ?? [],
      alarm: alarms.length > 0,
      alarms: alarms.map(({ alarmId, name: alarm, status }) => ({ alarmId, name: alarm, status })),
    };
  };

  await step(
    'a stable population raises no alarm',
    async (progress) => {
      const stable = await watch('stable', cohorts.stable, progress);
      report.drift = { stable };
      insist(!stable.alarm, `a stable population raised ${stable.alarms.map(({ name }) => name).join(', ')}`);
      return stable;
    },
    ({ monitoringRunId, predictions }) => `${monitoringRunId} (${predictions} predictions)`,
  );

  const shifted = await step(
    'a shifted population raises the alarm',
    async (progress) => {
      const found = await watch('shifted', cohorts.shifted, progress);
      report.drift!.shifted = found;
      insist(found.alarm, 'a shifted population raised no alarm');
      return found;
    },
    ({ monitoringRunId, alarms }) => `${monitoringRunId}: ${alarms.map(({ name }) => name).join(', ')}`,
  );

  await step(
    'acknowledged, or escalated',
    async (progress) => {
      const [first, ...others] = shifted.alarms;
      await scientist('acknowledgeAlarm', { params: { alarmId: first!.alarmId }, body: { comment: 'looking into it' } });
      const statuses = await until(
        'escalation',
        async () => (await scientist('listAlarms', {})).items.filter(({ alarmId }) => shifted.alarms.some((alarm) => alarm.alarmId === alarmId)),
        (alarms) => alarms.every(({ status }) => status !== 'open'),
        { seconds: 90, every: 1000, progress: (alarms) => progress(alarms.map(({ name, status }) => `${name} ${status}`).join(', ')) },
      );
      report.drift!.shifted!.alarms = statuses.map(({ alarmId, name, status }) => ({ alarmId, name, status }));
      insist(statuses.find(({ alarmId }) => alarmId === first!.alarmId)?.status === 'acknowledged', 'the acknowledged alarm was escalated');
      insist(
        others.every(({ alarmId }) => statuses.find((alarm) => alarm.alarmId === alarmId)?.status === 'escalated'),
        'an alarm that nobody acknowledged was not escalated',
      );
      return statuses;
    },
    (alarms) => alarms.map(({ name, status }) => `${name} ${status}`).join(', '),
  );

  await step(
    'retraining inside the change-control plan',
    async (progress) => {
      const mine = async () => (await scientist('listRetrainings', {})).items.find(({ alarmId }) => shifted.alarms.some((alarm) => alarm.alarmId === alarmId));
      const ended = await until('the retraining', mine, (found) => found !== undefined && !['training'].includes(found.status), {
        seconds: RUN_SECONDS,
        every: 1000,
        progress: (found) => progress(found?.status ?? 'asked for'),
      });
      const retrained = ended!.runId ? await scientist('getRun', { params: { runId: ended!.runId } }) : null;
      report.retraining = { id: ended!.retrainingId, path: ended!.path, status: ended!.status, reasons: ended!.reasons, model: retrained?.modelVersion ?? null };
      insist(ended!.status === 'candidate', `the retraining is ${ended!.status} (${ended!.reasons.join('; ')})`);
      const waiting = (await clinician('listReviews', {})).items.find(({ runId }) => runId === ended!.runId);
      insist(waiting?.status === 'pending', 'the retrained candidate does not wait for a review');
      return report.retraining;
    },
    ({ id, model }) => `${id} → ${model}, waiting for its review`,
  );

  await step(
    'the audit chain, verified offline',
    async () => {
      await auditor('createCheckpoint', { body: {} });
      const pages: AuditExport[] = [];
      for (let from: number | null = 0; from !== null; from = pages.at(-1)!.next) pages.push(await auditor('exportAudit', { query: { from } }));
      const exported: AuditExport = { ...pages[0]!, events: pages.flatMap(({ events }) => events), checkpoints: pages.at(-1)!.checkpoints, next: null };
      keep('audit-export.json', JSON.stringify(exported, null, 1));
      const verdict = verifyExport(exported);
      const forged = tamperings(exported);
      report.audit = { events: verdict.events, checkpoints: verdict.checkpoints, verified: verdict.verified, tamperings: forged };
      insist(verdict.verified, `the chain does not verify: ${verdict.findings.map(({ detail }) => detail).join('; ')}`);
      insist(
        forged.every(({ found }) => found),
        'a forgery was not found',
      );
      return verdict;
    },
    ({ events, checkpoints }) => `${events} events, ${checkpoints} checkpoint(s)`,
  );

  await step(
    'lineage both ways',
    async () => {
      const up = await auditor('getLineage', { params: { id: report.prediction!.predictionId } });
      const down = await auditor('getLineage', { params: { id: uploads[0]!.uploadId } });
      const ancestors = [...new Set(up.upstream.map(({ from }) => from))];
      report.lineage = {
        fromPrediction: ancestors,
        fromUpload: down.downstream.length,
        reachesUpload: ancestors.includes(uploads[0]!.uploadId),
        reachesModel: down.downstream.some(({ to }) => to === report.model!.id),
      };
      insist(report.lineage.reachesUpload, `the prediction’s lineage ends at ${ancestors.join(', ')}`);
      insist(report.lineage.reachesModel, 'the upload’s lineage does not reach the model');
      return report.lineage;
    },
    ({ fromPrediction, fromUpload }) => `${fromPrediction.length} ids above the prediction, ${fromUpload} below the upload`,
  );
};

const refusal = async (call: () => Promise<unknown>): Promise<ProblemError | null> => {
  try {
    await call();
    return null;
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
};
