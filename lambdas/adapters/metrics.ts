import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { METRICS, NAMESPACE } from '../../config/catalog/metrics.ts';
import type { Signal } from '../contracts/monitoring.ts';

const cloudwatch = new CloudWatchClient({});
/** CloudWatch takes a thousand in one call. */
const MOST = 1000;

/** How many records of a run's jobs the experiment tracker lacks after their relay. */
export const putUnsentRecords = async (count: number): Promise<void> => {
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: [{ MetricName: METRICS.unsentRecords, Value: count }] }));
};

/** How many signals alarm, and of each signal that has a limit how much of it is used. No dimension holds anything of a patient. */
export const putSignals = async (model: string, signals: readonly Signal[]): Promise<void> => {
  const limited = signals.flatMap(({ name, effectSize, limit }): MetricDatum[] =>
    effectSize === null || limit === null
      ? []
      : [
          {
            MetricName: METRICS.effectShareOfLimit,
            Value: effectSize / limit,
            Dimensions: [
              { Name: 'model', Value: model },
              { Name: 'signal', Value: name },
            ],
          },
        ],
  );
  const data: MetricDatum[] = [{ MetricName: METRICS.alarmingSignals, Value: signals.filter(({ alarming }) => alarming).length }, ...limited];
  for (let start = 0; start < data.length; start += MOST) await cloudwatch.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: data.slice(start, start + MOST) }));
};
