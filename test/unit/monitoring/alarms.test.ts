import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ALARMS, METRIC_ALARMS, SIGNAL_ALARMS } from '../../../config/catalog/alarms.ts';
import { Alarm, type Signal } from '../../../lambdas/contracts/monitoring.ts';
import { acknowledgement } from '../../../lambdas/domain/monitoring/acknowledgement.ts';
import { alarmsOf } from '../../../lambdas/domain/monitoring/alarms.ts';
import { metricAlarm } from '../../../lambdas/domain/monitoring/metric-alarm.ts';

const AT = '2026-01-02T03:04:05.000Z';
const run = { monitoringRunId: 'mon_01ABCDEFGHJKMNPQRSTVWXYZ00', model: 'warfarin' };
const signal = (kind: Signal['kind'], name: string, alarming: boolean): Signal => ({
  name,
  kind,
  statistic: 'ks',
  value: 1,
  p: 0,
  q: 0,
  effectSize: 1,
  limit: 0.2,
  n: 100,
  nReference: 1000,
  alarming,
  detail: `${name} moved`,
});

describe('the runbook', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/runbook.md'), 'utf8');
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  );

  it('has a heading for every alarm, with one command to begin with', () => {
    for (const [name, { runbook }] of Object.entries(ALARMS)) {
      const section = sections.get(runbook);
      assert.ok(section, `${name}: no heading "${runbook}"`);
      assert.equal(section.match(/^```sh$/gm)?.length, 1, `"${runbook}" has one command`);
    }
  });

  it('has no heading that no alarm opens', () => {
    const opened = new Set(Object.values(ALARMS).map(({ runbook }) => runbook));
    assert.deepEqual(
      [...sections.keys()].filter((heading) => !opened.has(heading)),
      [],
    );
  });
});

describe('alarms of a monitoring run', () => {
  it('are one per kind of signal, and name what moved and the runbook heading', () => {
    const alarms = alarmsOf(run, [signal('feature', 'age', true), signal('feature', 'race', true), signal('feature', 'sex', false), signal('fairness', 'race Asian', true)], AT);
    assert.deepEqual(
      alarms.map(({ name, route }) => [name, route]),
      [
        ['drift-features', 'data-science'],
        ['drift-fairness', 'clinical'],
      ],
    );
    assert.equal(alarms[0]!.text, 'Patients differ from those the model learnt from. age moved; race moved\nRunbook: docs/runbook.md, "Feature drift".');
    for (const alarm of alarms) assert.deepEqual(Alarm.parse(alarm), alarm);
  });

  it('have ids made of run and name: twice is once', () => {
    const ids = (monitoringRunId: string, at: string) =>
      alarmsOf({ ...run, monitoringRunId }, [signal('label', 'dose', true), signal('error', 'error', true)], at).map(({ alarmId }) => alarmId);
    assert.deepEqual(ids(run.monitoringRunId, AT), ids(run.monitoringRunId, '2026-02-02T03:04:05.000Z'));
    assert.equal(new Set([...ids(run.monitoringRunId, AT), ...ids('mon_01ABCDEFGHJKMNPQRSTVWXYZ01', AT)]).size, 4);
  });

  it('are none where nothing alarms', () => assert.deepEqual(alarmsOf(run, [signal('feature', 'age', false)], AT), []));

  it('cover every kind of signal', () => {
    const kinds: Signal['kind'][] = ['feature', 'label', 'error', 'calibration', 'fairness', 'clinical-relevance', 'latency'];
    assert.deepEqual(
      alarmsOf(
        run,
        kinds.map((kind) => signal(kind, kind, true)),
        AT,
      )
        .map(({ name }) => name)
        .sort(),
      Object.keys(SIGNAL_ALARMS).sort(),
    );
  });
});

describe('a CloudWatch alarm', () => {
  it('is found by its name, whatever the environment and the part', () => {
    for (const name of Object.keys(METRIC_ALARMS)) assert.equal(metricAlarm(`proband-prod-${name}`, 'r', AT)?.name, name);
    const found = metricAlarm('proband-dev-machine-failed-develop', 'Threshold Crossed', AT)!;
    assert.equal(found.name, 'machine-failed');
    assert.match(found.text, /^A state machine failed\. proband-dev-machine-failed-develop: Threshold Crossed\nRunbook: .*"State machine failed"/);
    assert.deepEqual(Alarm.parse(found), found);
  });

  it('of somebody else is none of ours', () => {
    for (const other of ['drift', 'other-prod-drift', 'proband-prod-drifting', 'proband-prod-unknown']) assert.equal(metricAlarm(other, 'r', AT), null, other);
  });

  it('is one alarm per change of state', () => {
    assert.equal(metricAlarm('proband-prod-drift', 'r', AT)!.alarmId, metricAlarm('proband-prod-drift', 'again', AT)!.alarmId);
    assert.notEqual(metricAlarm('proband-prod-drift', 'r', AT)!.alarmId, metricAlarm('proband-prod-drift', 'r', '2026-01-03T00:00:00.000Z')!.alarmId);
  });
});

describe('an acknowledgement', () => {
  const [open] = alarmsOf(run, [signal('error', 'error', true)], AT);

  it('says who, when and what they say, and keeps that it was escalated', () => {
    const changes = acknowledgement({ ...open!, status: 'escalated', escalatedAt: AT }, 'ada', 'looking', new Date('2026-01-02T03:10:00Z'));
    assert.deepEqual(changes, {
      ok: true,
      value: { status: 'acknowledged', acknowledgedAt: '2026-01-02T03:10:00.000Z', acknowledgedBy: 'ada', acknowledgementComment: 'looking' },
    });
  });

  it('comes once', () => {
    const again = acknowledgement({ ...open!, status: 'acknowledged', acknowledgedBy: 'ada', acknowledgedAt: AT }, 'bob', undefined, new Date());
    assert.ok(!again.ok && again.problem.status === 409);
    assert.equal(again.problem.detail, `alarm ${open!.alarmId} was acknowledged by ada at ${AT}`);
  });
});
