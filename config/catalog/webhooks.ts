/** What MLflow's clients can subscribe to: the actions of each entity (mlflow.entities.webhook.VALID_ENTITY_ACTIONS, 3.12). */
export const MLFLOW_EVENTS = {
  registered_model: ['created'],
  model_version: ['created'],
  model_version_tag: ['deleted', 'set'],
  model_version_alias: ['created', 'deleted'],
  prompt: ['created'],
  prompt_version: ['created'],
  prompt_tag: ['deleted', 'set'],
  prompt_version_tag: ['deleted', 'set'],
  prompt_alias: ['created', 'deleted'],
  budget_policy: ['exceeded'],
} as const satisfies Record<string, readonly string[]>;

/** What only this platform has; a webhook takes them in its member `platform_events`, which MLflow's clients leave alone. */
export const PLATFORM_EVENTS = ['model_version_stage.changed', 'model_version_signature.created', 'model_version_deprecation.changed', 'rollout.changed'] as const;

export const WEBHOOK_LIMITS = {
  /** characters, as MLflow's table of webhooks has them */
  description: 1000,
  url: 500,
  /** characters; in UTF-8 at most 4,000 bytes, of the 4,096 that KMS encrypts at once */
  secret: 1000,
  mostListed: 1000,
} as const;

export const DELIVERY = {
  /** a receiver has this long to answer, its body included */
  answerSeconds: 10,
  /** of its answer at most this much is read */
  answerBytes: 4096,
  /** how long to wait after the first attempt, the second, …; after the last it is given up */
  retryAfterSeconds: [5, 30, 120, 600, 1800, 7200],
  /** who began to deliver has this long before another may; longer than a function of the queue runs */
  leaseSeconds: 90,
  /** what came of a delivery is kept this long, longer than the queues hold a message (14 days) */
  keptDays: 30,
} as const;
