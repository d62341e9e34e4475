/** CloudWatch metrics that the product itself writes. */
export const NAMESPACE = 'Proband';

export const METRICS = {
  /** signals of a monitoring run beyond their limit; the drift alarm stands on it */
  alarmingSignals: 'AlarmingSignals',
  /** one value per watched signal */
  signal: 'Signal',
} as const;
