import { Stack } from 'aws-cdk-lib';
import { Alarm, AlarmRule, AlarmState, ComparisonOperator, CompositeAlarm, type IAlarm, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { METRIC_ALARMS, type MetricAlarm, alarmText } from '../../config/catalog/alarms.ts';
import { MACHINES, type MachineName } from '../../config/catalog/machines.ts';
import { resourceName } from './names.ts';
import type { Platform } from './platform.ts';
import type { WatchedMetrics } from './watched-metrics.ts';

/** The service level of a prediction, ms */
const PREDICTION_P95_MS = 500;

type Rule = { metric: Metric; threshold: number; periods?: number /** what of several, in the alarm's name */; which?: string };

/** CloudWatch alarms of config/catalog/alarms.ts, each to the topic of its route. */
export class Alarms extends Construct {
  private readonly platform: Platform;

  constructor(scope: Construct, id: string, platform: Platform, watched: WatchedMetrics) {
    super(scope, id);
    this.platform = platform;
    this.letCloudWatchPublish();
    const faults = this.alarm('api-faults', { metric: watched.apiFaults, threshold: 1 });
    this.alarm('prediction-latency', { metric: watched.predictionP95, threshold: PREDICTION_P95_MS, periods: 3 });
    const failed = (Object.keys(MACHINES) as MachineName[]).map((machine) => this.alarm('machine-failed', { metric: watched.failed(machine), threshold: 1, which: machine }));
    const dead = [
      this.alarm('jobs-dead', { metric: watched.deadJobs, threshold: 1 }),
      this.alarm('predictions-dead', { metric: watched.deadPredictions, threshold: 1 }),
      this.alarm('audit-dead', { metric: watched.deadCalls, threshold: 1 }),
      this.alarm('events-dead', { metric: watched.deadEvents, threshold: 1 }),
      this.alarm('webhooks-dead', { metric: watched.deadWebhooks, threshold: 1 }),
    ];
    this.alarm('tracking-incomplete', { metric: watched.unsentRecords, threshold: 1 });
    this.alarm('drift', { metric: watched.alarmingSignals, threshold: 1 });
    // the emulator refuses composite alarms
    if (!platform.environment.leaveOut.includes('guard')) this.outage(faults, [...failed, ...dead]);
  }

  private alarm(name: MetricAlarm, { metric, threshold, periods = 1, which }: Rule): IAlarm {
    const id = which ? `${name}-${which}` : name;
    const alarm = new Alarm(this, id, {
      alarmName: resourceName(this.platform.environment, id),
      alarmDescription: alarmText(name, which ? `Which: ${which}.` : 'See the dashboard.'),
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.platform.topics[METRIC_ALARMS[name].route]));
    return alarm;
  }

  /** The API fails while a machine or a queue does: something that they share is down. */
  private outage(faults: IAlarm, others: readonly IAlarm[]): void {
    const inAlarm = (alarm: IAlarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM);
    const composite = new CompositeAlarm(this, 'outage', {
      compositeAlarmName: resourceName(this.platform.environment, 'outage'),
      alarmDescription: alarmText('outage', 'See the dashboard.'),
      alarmRule: AlarmRule.allOf(inAlarm(faults), AlarmRule.anyOf(...others.map(inAlarm))),
    });
    composite.addAlarmAction(new SnsAction(this.platform.topics[METRIC_ALARMS.outage.route]));
  }

  /** A topic with a policy of its own lets nobody else publish. */
  private letCloudWatchPublish(): void {
    const { account, partition, region } = Stack.of(this);
    for (const route of ['ops', 'data-science'] as const) {
      const topic = this.platform.topics[route];
      topic.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
          actions: ['sns:Publish'],
          resources: [topic.topicArn],
          conditions: {
            StringEquals: { 'aws:SourceAccount': account },
            ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:${resourceName(this.platform.environment, '*')}` },
          },
        }),
      );
    }
  }
}
