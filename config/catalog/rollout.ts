/** The stages of a rollout, in order; `share` of the subjects gets the new version's answer. */
export const ROLLOUT_STAGES = [
  { name: 'shadow', share: 0, bake: 'shadow' },
  { name: 'canary-5', share: 0.05, bake: 'canary' },
  { name: 'canary-25', share: 0.25, bake: 'canary' },
  { name: 'production', share: 1, bake: 'canary' },
] as const;
export type RolloutStageName = (typeof ROLLOUT_STAGES)[number]['name'];

/** What is watched of the new version while a stage is held. A value above its limit is a breach. */
export const ROLLOUT_SIGNALS = {
  'error-share': { limit: 0.01, kind: 'technical', title: 'requests that the version failed on, share', source: 'service level: errors below 1 %' },
  'latency-p95-ms': { limit: 500, kind: 'technical', title: 'evaluation time, 95th percentile, ms', source: 'service level: p95 below 500 ms' },
  'implausible-dose-share': { limit: 0.01, kind: 'clinical', title: 'doses outside the model’s plausible range, share', source: 'config/models/<model>/serving.json' },
  'dose-difference': {
    limit: 0.2,
    kind: 'clinical',
    title: 'mean absolute difference of the dose from the production version’s for the same patient, share of the latter',
    source: 'IWPC 2009, N Engl J Med 360:753-64, doi:10.1056/NEJMoa0809329: a difference of 20 % is clinically relevant',
  },
  'wide-interval-share': {
    limit: 0.1,
    kind: 'clinical',
    title: `intervals whose upper end is more than 10 times their lower end, share`,
    source: 'wider than the whole range of maintenance doses, 10 to 100 mg/week, such an interval says nothing',
  },
} as const;
export type RolloutSignalName = keyof typeof ROLLOUT_SIGNALS;

/** Upper end of an interval over its lower end; above it the interval is too wide to act on. */
export const WIDEST_INTERVAL_RATIO = 10;

/** The least n for which a 95th percentile is not simply the greatest value; a signal with fewer decides nothing. */
export const MINIMUM_RECORDS = 20;

/** A stage with too few predictions is held for at most this many further bake times. */
export const MAXIMUM_EXTRA_BAKES = 20;

/**
 * What then happens, when no signal is above its limit. Shadow harms nobody: the rollout goes on. A canary that too few patients saw has
 * no evidence to be widened on: back. At 100 % the canaries' evidence stands: the rollout ends.
 */
export const WHEN_TOO_FEW = { shadow: 'go-on', 'canary-5': 'roll-back', 'canary-25': 'roll-back', production: 'go-on' } as const satisfies Record<
  RolloutStageName,
  'go-on' | 'roll-back'
>;

/** A judgement reads at most this many of the newest records of each kind. */
export const MAXIMUM_RECORDS = 10_000;
