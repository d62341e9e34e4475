import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { MachineName } from '../../config/catalog/machines.ts';
import { METRICS, NAMESPACE } from '../../config/catalog/metrics.ts';
import type { Environment } from '../../config/environments/environment.ts';
import { machineArn, resourceName } from './names.ts';

export type Watched = { apiId: string; deadJobs: IQueue; deadPredictions: IQueue; deadCalls: IQueue; deadEvents: IQueue };

/** The metrics that alarms and the dashboard share; without labels: an alarm on a labelled metric is rendered as metric math, which the emulator refuses. */
export const watchedMetrics = (scope: Construct, environment: Environment, { apiId, deadJobs, deadPredictions, deadCalls, deadEvents }: Watched) => {
  const minute = Duration.minutes(1);
  const ofApi = (metricName: string, statistic: string, period = minute) =>
    new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap: { ApiId: apiId }, statistic, period });
  const waiting = (queue: IQueue) => queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: minute });
  return {
    apiFaults: ofApi('5xx', 'Sum'),
    apiRequests: ofApi('Count', 'Sum'),
    apiLatency: (statistic: string) => ofApi('Latency', statistic, Duration.minutes(5)),
    predictionP95: new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Duration',
      dimensionsMap: { FunctionName: resourceName(environment, 'prediction-api') },
      statistic: 'p95',
      period: Duration.minutes(5),
    }),
    failed: (machine: MachineName) =>
      new Metric({
        namespace: 'AWS/States',
        metricName: 'ExecutionsFailed',
        dimensionsMap: { StateMachineArn: machineArn(scope, environment, machine) },
        statistic: 'Sum',
        period: minute,
      }),
    deadJobs: waiting(deadJobs),
    deadPredictions: waiting(deadPredictions),
    deadCalls: waiting(deadCalls),
    deadEvents: waiting(deadEvents),
    // in a stack beside: known by its name
    deadWebhooks: new Metric({
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensionsMap: { QueueName: resourceName(environment, 'webhooks-dead-letters') },
      statistic: 'Maximum',
      period: minute,
    }),
    unsentRecords: new Metric({ namespace: NAMESPACE, metricName: METRICS.unsentRecords, statistic: 'Maximum', period: minute }),
    alarmingSignals: new Metric({ namespace: NAMESPACE, metricName: METRICS.alarmingSignals, statistic: 'Maximum', period: minute }),
  };
};
export type WatchedMetrics = ReturnType<typeof watchedMetrics>;
