import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import expected from '../../local/cohort/expected.json' with { type: 'json' };
import phi from '../../local/cohort/planted-phi.json' with { type: 'json' };
import { Report } from '../../local/life/report.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MINUTES = 60_000;
/** MiB: the whole local life, every process of it. */
const MEMORY_MIB = 4096;

const folder = mkdtempSync(join(tmpdir(), 'proband-e2e-'));
let report: Report;
let printed = '';

/** Every text of a JSON document. */
const texts = (value: unknown): string[] => (typeof value === 'string' ? [value] : value !== null && typeof value === 'object' ? Object.values(value).flatMap(texts) : []);

describe('the whole life on the local cloud', () => {
  before(
    async () => {
      const path = join(folder, 'report.json');
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'local', 'life', 'main.ts'), '--once', '--report', path], {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          printed += chunk.toString();
          process.stderr.write(chunk);
        });
      }
      const code = await new Promise((resolve) => child.on('exit', resolve));
      assert.equal(code, 0, printed.split('\n').slice(-6).join('\n'));
      report = Report.parse(JSON.parse(readFileSync(path, 'utf8')));
    },
    { timeout: 30 * MINUTES },
  );
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('admits the good rows and quarantines each bad one with its reason', () => {
    const both = [expected.development, expected.external];
    assert.equal(
      report.ingest?.read,
      both.reduce((sum, { read }) => sum + read, 0),
    );
    assert.equal(
      report.ingest?.admitted,
      both.reduce((sum, { admitted }) => sum + admitted, 0),
    );
    for (const { reason, column } of both.flatMap(({ quarantined }) => quarantined as { reason: string; column?: string; count: number }[])) {
      const count = both
        .flatMap(({ quarantined }) => quarantined as { reason: string; column?: string; count: number }[])
        .filter((row) => row.reason === reason && row.column === column)
        .reduce((sum, row) => sum + row.count, 0);
      assert.equal(report.ingest?.quarantined.find((row) => row.reason === reason && row.column === column)?.count, count, `${reason} ${column ?? ''}`);
    }
  });

  it('rebuilds the dataset version byte for byte', () => assert.equal(report.dataset?.rebuildIdentical, true));

  it('blocks a planted leak and says which', () => {
    assert.equal(report.plantedLeak?.status, 'leakage-blocked');
    const checks = report.plantedLeak?.findings.map(({ check }) => check) ?? [];
    assert.ok(checks.includes('patient-in-two-splits') && checks.includes('external-institution-in-training'), checks.join(', '));
  });

  it('passes its gates, with the published comparators beside the model', () => {
    assert.ok(report.gates!.length > 20);
    assert.deepEqual(
      report.gates!.filter(({ outcome }) => outcome === 'fail'),
      [],
    );
    const { model, pharmacogenetic, clinical, fixedDose } = report.metrics!.leaveOneSiteOut;
    assert.ok(pharmacogenetic.maeMgPerWeek < clinical.maeMgPerWeek && clinical.maeMgPerWeek < fixedDose.maeMgPerWeek);
    assert.ok(model.maeMgPerWeek < clinical.maeMgPerWeek);
    assert.equal(model.n, report.split!.train);
    assert.equal(report.metrics!.external!.model.n, report.split!.external);
  });

  it('deploys only with a signature that verifies', () => assert.deepEqual([report.signature?.verified, report.rollout?.status], [true, 'completed']));

  it('rolls out in stages', () => {
    assert.deepEqual(
      report.rollout?.stages.map(({ name }) => name),
      ['shadow', 'canary-5', 'canary-25', 'production'],
    );
    assert.ok(report.rollout?.stages.every(({ outcome }) => outcome === 'held'));
  });

  it('explains a prediction: the contributions sum to the difference from the reference patient', () => {
    const { weeklyDoseMg, interval, explanation, inrCourse } = report.prediction!;
    const sum = explanation.contributions.reduce((total, { contributionMgPerWeek }) => total + contributionMgPerWeek, 0);
    assert.ok(Math.abs(explanation.referenceDoseMgPerWeek + sum - weeklyDoseMg) < 0.01);
    assert.ok(interval.lowerMgPerWeek < weeklyDoseMg && weeklyDoseMg < interval.upperMgPerWeek);
    assert.ok(inrCourse.length > 0 && inrCourse.every(({ inr }) => inr >= 1 && inr < 21));
    assert.match(report.refusedPrediction!.detail, /weight_kg.*6800.*15 to 350 kg/);
  });

  it('simulates the trial with intervals', () => {
    assert.equal(report.trial?.arms.length, 2);
    for (const { ttrPercent, interval } of report.trial!.arms) assert.ok(interval![0] < ttrPercent! && ttrPercent! < interval![1]);
  });

  it('alarms on the shifted population and not on the stable one; what nobody acknowledged is escalated', () => {
    const { stable, shifted } = report.drift!;
    assert.deepEqual([stable.alarm, shifted?.alarm], [false, true]);
    assert.ok(shifted?.signals.some(({ kind, alarming }) => kind === 'clinical-relevance' && alarming));
    assert.equal(shifted?.alarms.filter(({ status }) => status === 'acknowledged').length, 1);
    assert.ok(shifted?.alarms.every(({ status }) => status !== 'open'));
  });

  it('retrains inside the change-control plan and stops at the review', () => assert.deepEqual([report.retraining?.path, report.retraining?.status], ['inside-plan', 'candidate']));

  it('keeps an audit chain that verifies offline, and finds every forgery', () => {
    assert.ok(report.audit?.verified && report.audit.events > 100 && report.audit.checkpoints > 0);
    assert.ok(report.audit?.tamperings.length === 3 && report.audit.tamperings.every(({ found }) => found));
  });

  it('walks lineage both ways', () => assert.ok(report.lineage?.reachesUpload && report.lineage.reachesModel));

  it('lets no planted identifier out of the landing zone', () => {
    const left = [printed, JSON.stringify(report), ...Object.values(report.files).map((path) => readFileSync(path, 'utf8'))].join('\n');
    const planted = texts(phi).filter((text) => text.length >= 5);
    assert.ok(planted.length > 10);
    for (const text of planted) assert.ok(!left.includes(text), 'a planted identifier stands in the output, the report or a page');
  });

  it('stays below 4 GB of memory', () => assert.ok(report.peakMemoryMiB < MEMORY_MIB, `${report.peakMemoryMiB} MiB`));
});
