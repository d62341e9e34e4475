import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { ReadWriteType, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { resourceName } from './names.ts';
import type { Platform } from './platform.ts';

export type Guarded = Pick<Platform, 'keys' | 'buckets' | 'tables'> & { trailBucket: IBucket };

/** The share of the budget at which people are told, and whether it is spent or foreseen. */
const BUDGET_ALARMS = [
  { threshold: 80, notificationType: 'ACTUAL' },
  { threshold: 100, notificationType: 'FORECASTED' },
  { threshold: 100, notificationType: 'ACTUAL' },
] as const;

/** What watches the account itself. A web ACL is not among it: WAF does not attach to HTTP APIs; the stage throttles, and every route but health and the API's description needs a token. */
export class Guard extends Construct {
  private readonly environment: Environment;
  private readonly guarded: Guarded;

  constructor(scope: Construct, id: string, environment: Environment, guarded: Guarded) {
    super(scope, id);
    this.environment = environment;
    this.guarded = guarded;
    this.trail();
    this.backups();
    this.budget();
  }

  /** Who did what to the account, and to every object that holds data, with signed digests of its own files. */
  private trail(): void {
    const { environment, guarded } = this;
    const { landing, quarantine, lake, artifacts, audit } = guarded.buckets;
    const trail = new Trail(this, 'Trail', {
      trailName: resourceName(environment, 'trail'),
      bucket: guarded.trailBucket,
      encryptionKey: guarded.keys.audit,
      enableFileValidation: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      sendToCloudWatchLogs: true,
      cloudWatchLogGroup: new LogGroup(this, 'TrailLogs', {
        logGroupName: `/aws/cloudtrail/${resourceName(environment, 'trail')}`,
        retention: environment.logRetentionDays as RetentionDays,
        encryptionKey: guarded.keys.logs,
        removalPolicy: environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      }),
    });
    trail.addS3EventSelector(
      [landing, quarantine, lake, artifacts, audit].map((bucket) => ({ bucket })),
      { readWriteType: ReadWriteType.ALL, includeManagementEvents: true },
    );
  }

  /** Loss of at most an hour comes from point-in-time recovery; the vault keeps what that window forgets, and what a deletion takes along. */
  private backups(): void {
    const { environment, guarded } = this;
    const vault = new BackupVault(this, 'Vault', {
      backupVaultName: resourceName(environment, 'vault'),
      encryptionKey: guarded.keys.audit,
      ...(environment.retain ? { lockConfiguration: { minRetention: Duration.days(7) } } : {}),
      removalPolicy: environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const plan = new BackupPlan(this, 'Backups', {
      backupPlanName: resourceName(environment, 'backups'),
      backupVault: vault,
      backupPlanRules: [
        new BackupPlanRule({ ruleName: 'daily', scheduleExpression: Schedule.cron({ hour: '2', minute: '0' }), deleteAfter: Duration.days(35) }),
        new BackupPlanRule({ ruleName: 'monthly', scheduleExpression: Schedule.cron({ day: '1', hour: '3', minute: '0' }), deleteAfter: Duration.days(365) }),
      ],
    });
    const managed = (name: string) => ManagedPolicy.fromAwsManagedPolicyName(name);
    plan.addSelection('Stores', {
      role: new Role(this, 'BackupRole', {
        assumedBy: new ServicePrincipal('backup.amazonaws.com'),
        managedPolicies: [managed('service-role/AWSBackupServiceRolePolicyForBackup'), managed('AWSBackupServiceRolePolicyForS3Backup')],
      }),
      disableDefaultBackupPolicy: true,
      // the landing zone and the quarantine expire and are not copied: they may hold PHI
      resources: [
        ...Object.values(guarded.tables).map(({ tableArn }) => tableArn),
        ...(['lake', 'artifacts', 'audit'] as const).map((name) => guarded.buckets[name].bucketArn),
      ].map((arn) => BackupResource.fromArn(arn)),
    });
  }

  private budget(): void {
    const { environment, guarded } = this;
    const topic = new Topic(this, 'Spend', { topicName: resourceName(environment, 'spend'), masterKey: guarded.keys.logs, enforceSSL: true });
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('budgets.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID }, ArnLike: { 'aws:SourceArn': `arn:${Stack.of(this).partition}:budgets::${Aws.ACCOUNT_ID}:*` } },
      }),
    );
    if (environment.alarmEmails.ops) topic.addSubscription(new EmailSubscription(environment.alarmEmails.ops));
    const subscribers = [{ subscriptionType: 'SNS', address: topic.topicArn }];
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: resourceName(environment, 'monthly'),
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: environment.monthlyBudgetUsd, unit: 'USD' },
        costFilters: { TagKeyValue: ['user:application$proband'] },
      },
      notificationsWithSubscribers: BUDGET_ALARMS.map((alarm) => ({ notification: { ...alarm, comparisonOperator: 'GREATER_THAN', thresholdType: 'PERCENTAGE' }, subscribers })),
    });
  }
}
