import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { METRICS, NAMESPACE } from '../../config/catalog/metrics.ts';
import type { Signal } from '../contracts/monitoring.ts';

const cloudwatch = new CloudWatchClient({});
/** CloudWatch takes so many data in one call. */
const BATCH = 500;

/** A datum per signal, and how many are beyond their limit. No dimension holds anything of a patient. */
export const putSignals = async (model: string, signals: readonly Signal[]): Promise<void> => {
  const data = [
    { MetricName: METRICS.alarmingSignals, Value: signals.filter(({ alarming }) => alarming).length },
    ...signals.map(({ name, statistic, value }) => ({ MetricName: METRICS.signal, Value: value, Dimensions: [{ Name: 'model', Value: model }, { Name: 'signal', Value: `${name} ${statistic}` }] })),
  ];
  for (let start = 0; start < data.length; start += BATCH) await cloudwatch.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: data.slice(start, start + BATCH) }));
};
