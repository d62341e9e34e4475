import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { ReadWriteType, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { resourceName } from '../constructs/names.ts';
import type { Platform } from '../constructs/platform.ts';

/** What watches the account itself: the trail, backups, the budget. */
export class GuardStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, held: Pick<Platform, 'keys' | 'buckets' | 'tables'>, props: StackProps) {
    super(scope, id, props);
    const removalPolicy = environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const trailBucket = new Bucket(this, 'TrailBucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.KMS,
      encryptionKey: held.keys.audit,
      bucketKeyEnabled: true,
      enforceSSL: true,
      versioned: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      serverAccessLogsPrefix: 'self/',
      lifecycleRules: [{ expiration: Duration.days(environment.auditRetentionDays) }],
      removalPolicy,
    });
    const trail = new Trail(this, 'Trail', {
      trailName: resourceName(environment, 'trail'),
      bucket: trailBucket,
      encryptionKey: held.keys.audit,
      enableFileValidation: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      sendToCloudWatchLogs: true,
      cloudWatchLogGroup: new LogGroup(this, 'TrailLogs', { retention: environment.logRetentionDays as RetentionDays, encryptionKey: held.keys.logs, removalPolicy }),
    });
    const { landing, quarantine, lake, artifacts, audit } = held.buckets;
    trail.addS3EventSelector([landing, quarantine, lake, artifacts, audit].map((bucket) => ({ bucket })), { readWriteType: ReadWriteType.ALL, includeManagementEvents: true });

    const vault = new BackupVault(this, 'Vault', { backupVaultName: resourceName(environment, 'vault'), encryptionKey: held.keys.audit, removalPolicy });
    // RPO 1 h by point-in-time recovery; the plan keeps what a table's own recovery window forgets
    const plan = new BackupPlan(this, 'Backups', {
      backupPlanName: resourceName(environment, 'backups'),
      backupVault: vault,
      backupPlanRules: [new BackupPlanRule({ ruleName: 'daily', scheduleExpression: Schedule.cron({ hour: '2', minute: '0' }), deleteAfter: Duration.days(35) })],
    });
    plan.addSelection('Stores', { resources: [...Object.values(held.tables).map((table) => BackupResource.fromArn(table.tableArn)), ...[lake, artifacts, audit].map((bucket) => BackupResource.fromArn(bucket.bucketArn))] });

    const email = environment.alarmEmails.ops;
    new CfnBudget(this, 'Budget', {
      budget: { budgetName: resourceName(environment, 'monthly'), budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: environment.monthlyBudgetUsd, unit: 'USD' }, costFilters: { TagKeyValue: ['user:application$proband'] } },
      ...(email ? { notificationsWithSubscribers: [80, 100].map((threshold) => ({ notification: { comparisonOperator: 'GREATER_THAN', notificationType: threshold === 100 ? 'FORECASTED' : 'ACTUAL', threshold, thresholdType: 'PERCENTAGE' }, subscribers: [{ subscriptionType: 'EMAIL', address: email }] })) } : {}),
    });
  }
}
