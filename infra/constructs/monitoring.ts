import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { MachineName } from '../../config/catalog/machines.ts';
import * as api from '../../lambdas/monitoring/api/contract.ts';
import * as checkAcknowledgement from '../../lambdas/monitoring/check-acknowledgement/contract.ts';
import * as computeSignals from '../../lambdas/monitoring/compute-signals/contract.ts';
import * as decidePath from '../../lambdas/monitoring/decide-path/contract.ts';
import * as raiseAlarms from '../../lambdas/monitoring/raise-alarms/contract.ts';
import * as receiveAlarm from '../../lambdas/monitoring/receive-alarm/contract.ts';
import * as recordRetraining from '../../lambdas/monitoring/record-retraining/contract.ts';
import * as recordWatchFault from '../../lambdas/monitoring/record-watch-fault/contract.ts';
import * as startWatch from '../../lambdas/monitoring/start-watch/contract.ts';
import { EscalateMachine } from '../workflows/escalate.ts';
import { RetrainMachine } from '../workflows/retrain.ts';
import { WatchMachine } from '../workflows/watch.ts';
import { appendAudit, putMetrics, readObjects, readTable, startMachine, writeObjects, writeTable } from './grants.ts';
import { machineArn } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** What is watched: drift and its alarms, their acknowledgement and escalation, retraining. */
export class Monitoring extends Construct {
  readonly api: IFunction;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    const { tables, buckets, keys, topics, environment } = platform;
    const [MONITORING_TABLE, REGISTRY_TABLE, LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE, ARTIFACTS_BUCKET] = [
      tables.monitoring.tableName,
      tables.registry.tableName,
      tables.lake.tableName,
      tables.audit.tableName,
      tables.lineage.tableName,
      buckets.artifacts.bucketName,
    ];
    const arn = (machine: MachineName) => machineArn(this, environment, machine);
    const monitoring = [...readTable(platform, 'monitoring'), ...writeTable(platform, 'monitoring')];
    const audited = appendAudit(platform);
    const publish = (routes: (keyof typeof topics)[]) => [
      new PolicyStatement({ actions: ['sns:Publish'], resources: routes.map((route) => topics[route].topicArn) }),
      new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [keys.logs.keyArn] }),
    ];

    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'monitoring/api',
      contract: api.Environment,
      variables: { MONITORING_TABLE, REGISTRY_TABLE, AUDIT_TABLE, LINEAGE_TABLE, WATCH_MACHINE_ARN: arn('watch') },
      permissions: [...monitoring, ...readTable(platform, 'registry'), ...audited, ...writeTable(platform, 'lineage'), ...startMachine(arn('watch'))],
    }).function;

    const schedule = new ServiceFunction(this, 'StartWatch', defaults, {
      handler: 'monitoring/start-watch',
      contract: startWatch.Environment,
      variables: { MONITORING_TABLE, REGISTRY_TABLE, AUDIT_TABLE, LINEAGE_TABLE, WATCH_MACHINE_ARN: arn('watch') },
      timeout: Duration.minutes(1),
      permissions: [...monitoring, ...readTable(platform, 'registry'), ...audited, ...writeTable(platform, 'lineage'), ...startMachine(arn('watch'))],
    });
    // after midnight UTC, when the last full day of the window is over
    new Rule(this, 'Daily', {
      schedule: Schedule.cron({ hour: '0', minute: '30' }),
      targets: [new LambdaFunction(schedule.function, { retryAttempts: 3, deadLetterQueue: platform.deadEvents })],
    });

    new WatchMachine(this, 'Watch', platform, {
      computeSignals: new ServiceFunction(this, 'ComputeSignals', defaults, {
        handler: 'monitoring/compute-signals',
        contract: computeSignals.Environment,
        variables: { MONITORING_TABLE, REGISTRY_TABLE, AUDIT_TABLE, ARTIFACTS_BUCKET },
        memoryMiB: 2048,
        timeout: Duration.minutes(15),
        permissions: [
          ...monitoring,
          ...readTable(platform, 'registry'),
          ...audited,
          ...readObjects(platform, 'lake', 'features/'),
          ...readObjects(platform, 'artifacts', 'runs/'),
          ...writeObjects(platform, 'artifacts', 'monitoring/'),
          ...putMetrics(),
        ],
      }).function,
      raiseAlarms: new ServiceFunction(this, 'RaiseAlarms', defaults, {
        handler: 'monitoring/raise-alarms',
        contract: raiseAlarms.Environment,
        variables: {
          MONITORING_TABLE,
          AUDIT_TABLE,
          LINEAGE_TABLE,
          ESCALATE_MACHINE_ARN: arn('escalate'),
          RETRAIN_MACHINE_ARN: arn('retrain'),
          TOPIC_OPS: topics.ops.topicArn,
          TOPIC_DATA_SCIENCE: topics['data-science'].topicArn,
          TOPIC_CLINICAL: topics.clinical.topicArn,
        },
        timeout: Duration.minutes(2),
        permissions: [
          ...monitoring,
          ...audited,
          ...writeTable(platform, 'lineage'),
          ...publish(['ops', 'data-science', 'clinical']),
          ...startMachine(arn('escalate')),
          ...startMachine(arn('retrain')),
        ],
      }).function,
      recordWatchFault: new ServiceFunction(this, 'RecordWatchFault', defaults, {
        handler: 'monitoring/record-watch-fault',
        contract: recordWatchFault.Environment,
        variables: { MONITORING_TABLE, AUDIT_TABLE },
        permissions: [...monitoring, ...audited],
      }).function,
    });

    new EscalateMachine(this, 'Escalate', platform, {
      checkAcknowledgement: new ServiceFunction(this, 'CheckAcknowledgement', defaults, {
        handler: 'monitoring/check-acknowledgement',
        contract: checkAcknowledgement.Environment,
        variables: { MONITORING_TABLE, AUDIT_TABLE, TOPIC_ESCALATION: topics.escalation.topicArn },
        permissions: [...monitoring, ...audited, ...publish(['escalation'])],
      }).function,
    });

    new RetrainMachine(this, 'Retrain', platform, {
      decidePath: new ServiceFunction(this, 'DecidePath', defaults, {
        handler: 'monitoring/decide-path',
        contract: decidePath.Environment,
        variables: { MONITORING_TABLE, REGISTRY_TABLE, LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE, DEVELOP_MACHINE_ARN: arn('develop') },
        timeout: Duration.minutes(1),
        permissions: [
          ...monitoring,
          ...readTable(platform, 'registry'),
          ...writeTable(platform, 'registry'),
          ...readTable(platform, 'lake'),
          ...readObjects(platform, 'artifacts', 'runs/'),
          ...audited,
          ...writeTable(platform, 'lineage'),
          ...startMachine(arn('develop')),
        ],
      }).function,
      recordRetraining: new ServiceFunction(this, 'RecordRetraining', defaults, {
        handler: 'monitoring/record-retraining',
        contract: recordRetraining.Environment,
        variables: { MONITORING_TABLE, REGISTRY_TABLE, AUDIT_TABLE },
        permissions: [...monitoring, ...readTable(platform, 'registry'), ...audited],
      }).function,
    });

    const receive = new ServiceFunction(this, 'ReceiveAlarm', defaults, {
      handler: 'monitoring/receive-alarm',
      contract: receiveAlarm.Environment,
      variables: { MONITORING_TABLE, AUDIT_TABLE, ESCALATE_MACHINE_ARN: arn('escalate') },
      permissions: [...monitoring, ...audited, ...startMachine(arn('escalate'))],
    });
    topics.ops.addSubscription(new LambdaSubscription(receive.function, { deadLetterQueue: platform.deadEvents }));
    topics['data-science'].addSubscription(new LambdaSubscription(receive.function, { deadLetterQueue: platform.deadEvents }));
  }
}
