import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { MACHINES, type MachineName } from '../../config/catalog/machines.ts';
import { METRICS, NAMESPACE } from '../../config/catalog/metrics.ts';
import type { Environment } from '../../config/environments/environment.ts';
import { resourceName } from './names.ts';
import type { WatchedMetrics } from './watched-metrics.ts';

/** One page: is it up, does it answer in time, does the model still hold. */
export class LifeDashboard extends Construct {
  constructor(scope: Construct, id: string, environment: Environment, watched: WatchedMetrics) {
    super(scope, id);
    const graph = (title: string, left: IMetric[], right: IMetric[] = []) => new GraphWidget({ title, width: 12, left, right });
    const effects = new MathExpression({
      expression: `SEARCH('{${NAMESPACE},model,signal} MetricName="${METRICS.effectShareOfLimit}"', 'Maximum', 86400)`,
      usingMetrics: {},
      label: '',
      period: Duration.days(1),
    });
    new Dashboard(this, 'Dashboard', {
      dashboardName: resourceName(environment, 'life-of-models'),
      widgets: [
        [
          graph('API requests, and 5xx', [watched.apiRequests], [watched.apiFaults]),
          graph('Latency, ms', [...['p50', 'p95', 'p99'].map(watched.apiLatency), watched.predictionP95.with({ label: 'predictions p95' })]),
        ],
        [
          graph(
            'Failed executions',
            (Object.keys(MACHINES) as MachineName[]).map((machine) => watched.failed(machine).with({ label: machine })),
          ),
          graph('Given up', [
            watched.deadJobs.with({ label: 'jobs' }),
            watched.deadPredictions.with({ label: 'predictions' }),
            watched.deadCalls.with({ label: 'audit' }),
            watched.deadEvents.with({ label: 'events' }),
            watched.deadWebhooks.with({ label: 'webhooks' }),
          ]),
        ],
        [
          graph('Watched signals that alarm', [watched.alarmingSignals]),
          new GraphWidget({ title: 'Effect of each signal as a share of its limit', width: 12, left: [effects], leftAnnotations: [{ value: 1, label: 'limit' }] }),
        ],
      ],
    });
  }
}
