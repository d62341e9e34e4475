import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRIC_ALARMS, type MetricAlarm } from '../../config/catalog/alarms.ts';
import { MACHINES } from '../../config/catalog/machines.ts';
import { ENVIRONMENTS, resourcesOf, stacksOf } from './assembly.ts';

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);
  const made = new Map(
    [...resourcesOf(stacks, 'AWS::CloudWatch::Alarm'), ...resourcesOf(stacks, 'AWS::CloudWatch::CompositeAlarm')].map(([, { Properties }]) => [
      Properties.AlarmName.replace(`proband-${name}-`, ''),
      Properties,
    ]),
  );
  // the emulator refuses composite alarms
  const expected = (Object.keys(METRIC_ALARMS) as MetricAlarm[]).filter((alarm) => name !== 'local' || alarm !== 'outage');

  test(`${name}: every alarm of the catalog is made, one per state machine where it watches those, and no other`, () => {
    const names = expected.flatMap((alarm) => (alarm === 'machine-failed' ? Object.keys(MACHINES).map((machine) => `${alarm}-${machine}`) : [alarm]));
    assert.deepEqual([...made.keys()].sort(), names.sort());
  });

  test(`${name}: every alarm tells the topic of its route, and names its runbook heading`, () => {
    const topics = new Map(resourcesOf(stacks, 'AWS::SNS::Topic').map(([id, { Properties }]) => [id, Properties.TopicName]));
    for (const [alarm, { AlarmActions, AlarmDescription }] of made) {
      const entry = METRIC_ALARMS[expected.find((known) => alarm === known || alarm.startsWith(`${known}-`))!];
      assert.deepEqual(
        AlarmActions.map(({ Ref }: { Ref: string }) => topics.get(Ref)),
        [`proband-${name}-${entry.route}-alarms`],
        alarm,
      );
      assert.match(AlarmDescription, new RegExp(`docs/runbook\\.md, "${entry.runbook}"`), alarm);
    }
  });

  test(`${name}: CloudWatch may publish to the routes of its alarms, from this account's alarms only`, () => {
    for (const route of new Set(Object.values(METRIC_ALARMS).map((alarm) => alarm.route))) {
      const [topic] = resourcesOf(stacks, 'AWS::SNS::Topic').find(([, { Properties }]) => Properties.TopicName === `proband-${name}-${route}-alarms`)!;
      const [, { Properties: policy }] = resourcesOf(stacks, 'AWS::SNS::TopicPolicy').find(([, { Properties }]) =>
        Properties.Topics.some(({ Ref }: { Ref: string }) => Ref === topic),
      )!;
      const statement = policy.PolicyDocument.Statement.find(({ Principal }: { Principal: { Service?: string } }) => Principal.Service === 'cloudwatch.amazonaws.com');
      assert.equal(statement.Action, 'sns:Publish');
      assert.ok(statement.Condition.StringEquals['aws:SourceAccount'], route);
    }
  });
}
