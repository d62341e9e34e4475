/** CloudWatch metrics that the product itself writes. */
export const NAMESPACE = 'Proband';

export const METRICS = {
  /** signals of a monitoring run that alarm; the alarm `drift` stands on it */
  alarmingSignals: 'AlarmingSignals',
  /** per model and signal: its effect as a share of its limit; 1 is the limit, whatever the signal's unit */
  effectShareOfLimit: 'EffectShareOfLimit',
  /** records of training jobs that their relay could not bring to the experiment tracker; the alarm `tracking-incomplete` stands on it */
  unsentRecords: 'UnsentTrackingRecords',
} as const;
