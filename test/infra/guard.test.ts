import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKETS, TABLES } from '../../config/catalog/stores.ts';
import { environmentOf } from '../../config/environments/environment.ts';
import { onlyResource, stacksOf } from './assembly.ts';

for (const name of ['dev', 'prod']) {
  const stacks = await stacksOf(name);

  test(`${name}: the trail sees the control plane and every object of every bucket, and signs its files`, () => {
    const trail = onlyResource(stacks, 'AWS::CloudTrail::Trail').Properties;
    assert.equal(trail.EnableLogFileValidation, true);
    assert.equal(trail.IsMultiRegionTrail, true);
    assert.ok(trail.KMSKeyId && trail.CloudWatchLogsLogGroupArn);
    const [selector] = trail.EventSelectors;
    assert.equal(selector.IncludeManagementEvents, true);
    assert.equal(selector.ReadWriteType, 'All');
    assert.equal(selector.DataResources[0].Type, 'AWS::S3::Object');
    assert.equal(selector.DataResources[0].Values.length, Object.keys(BUCKETS).length);
  });

  test(`${name}: the backup plan selects every table and every bucket but those that may hold PHI`, () => {
    const { Resources } = onlyResource(stacks, 'AWS::Backup::BackupSelection').Properties.BackupSelection;
    const selected = JSON.stringify(Resources);
    for (const table of Object.keys(TABLES)) assert.match(selected, new RegExp(`Stores${table}Table`, 'i'));
    for (const bucket of ['lake', 'artifacts', 'audit']) assert.match(selected, new RegExp(`Stores${bucket}[0-9A-F]{8}`, 'i'));
    assert.doesNotMatch(selected, /landing|quarantine/i);
    assert.equal(Resources.length, Object.keys(TABLES).length + 3);
    assert.ok(onlyResource(stacks, 'AWS::Backup::BackupVault').Properties.EncryptionKeyArn);
  });

  test(`${name}: the budget tells people before it is spent`, () => {
    const { Budget, NotificationsWithSubscribers } = onlyResource(stacks, 'AWS::Budgets::Budget').Properties;
    assert.equal(Budget.BudgetLimit.Amount, environmentOf(name).monthlyBudgetUsd);
    const told = NotificationsWithSubscribers.map(
      ({ Notification, Subscribers }: { Notification: { Threshold: number; NotificationType: string }; Subscribers: unknown[] }) =>
        `${Notification.NotificationType} ${Notification.Threshold} ${Subscribers.length}`,
    );
    assert.deepEqual(told, ['ACTUAL 80 1', 'FORECASTED 100 1', 'ACTUAL 100 1']);
  });
}
