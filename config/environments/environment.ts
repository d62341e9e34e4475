/**
 * What differs between environments, in one place. `local` is the profile of the local cloud: the stacks listed in `leaveOut` hold
 * resources that the emulator refuses, and the compute backend is the worker; everything else is the same.
 */
export type Environment = {
  name: string;
  region: string;
  /** stacks that are not deployed */
  leaveOut: readonly 'guard'[];
  compute: 'sagemaker' | 'worker';
  /** machine architecture of the Lambdas */
  architecture: 'arm64' | 'x86_64';
  deidentification: 'safe-harbor' | 'date-shift';
  /** data, keys and audit outlive the stack */
  retain: boolean;
  /** how long a rollout's stage is held before its signals decide, seconds */
  bakeSeconds: { shadow: number; canary: number };
  /** a job whose worker fell silent is given to another after, seconds */
  jobVisibilitySeconds: number;
  /** an alarm must be acknowledged within, seconds (R29: 15 minutes) */
  acknowledgeSeconds: number;
  /** a retraining looks after its run every, seconds */
  retrainingPollSeconds: number;
  reviewExpiresDays: number;
  auditRetentionDays: number;
  landingExpiresDays: number;
  logRetentionDays: number;
  monthlyBudgetUsd: number;
  alarmEmails: Partial<Record<'ops' | 'data-science' | 'clinical', string>>;
  sageMaker: { trainInstance: string; processInstance: string; relayInstance: string; spot: boolean };
  /** whether our versions are kept as model packages of SageMaker Model Registry, too (needs compute `sagemaker`) */
  sageMakerRegistry: 'none' | 'mirror';
  /** warm predictors kept (0: scale to zero) */
  provisionedPredictors: number;
  mfa: 'required' | 'optional';
  /** whether the first call of a data scientist or an ML engineer to a new project's address makes it, and what a version needs there to be called Production */
  projectsOnFirstUse: 'no' | 'open' | 'signed';
  /** FHIR servers that may be exported from: their origins; `loopback`: this machine's own as well; a Retry-After is followed up to `longestWaitSeconds` */
  fhirServers: { origins: readonly string[]; loopback: boolean; longestWaitSeconds: number };
  /** `loopback`: webhooks may be received on this machine, also without TLS */
  webhooks: { loopback: boolean };
  /** what the address of the HTTP API of that id begins with, after the host */
  apiPath: (apiId: string) => string;
  /** overrides that only the local cloud needs, passed to every function */
  functionEnvironment: Readonly<Record<string, string>>;
};

const aws = {
  region: 'eu-central-1',
  leaveOut: [],
  compute: 'sagemaker',
  architecture: 'arm64',
  deidentification: 'safe-harbor',
  bakeSeconds: { shadow: 86_400, canary: 86_400 },
  jobVisibilitySeconds: 300,
  acknowledgeSeconds: 900,
  retrainingPollSeconds: 300,
  reviewExpiresDays: 30,
  auditRetentionDays: 2557,
  landingExpiresDays: 30,
  logRetentionDays: 731,
  monthlyBudgetUsd: 500,
  alarmEmails: {},
  sageMaker: { trainInstance: 'ml.g5.xlarge', processInstance: 'ml.m6i.xlarge', relayInstance: 'ml.t3.medium', spot: true },
  sageMakerRegistry: 'none',
  provisionedPredictors: 0,
  mfa: 'required',
  projectsOnFirstUse: 'no',
  fhirServers: { origins: [], loopback: false, longestWaitSeconds: 3600 },
  webhooks: { loopback: false },
  apiPath: () => '',
  functionEnvironment: {},
} as const;

const ENVIRONMENTS = {
  prod: { ...aws, name: 'prod', retain: true },
  dev: {
    ...aws,
    name: 'dev',
    retain: false,
    sageMakerRegistry: 'mirror',
    bakeSeconds: { shadow: 600, canary: 600 },
    logRetentionDays: 30,
    monthlyBudgetUsd: 100,
    auditRetentionDays: 1,
    reviewExpiresDays: 7,
  },
  local: {
    ...aws,
    name: 'local',
    region: 'us-east-1',
    retain: false,
    leaveOut: ['guard'],
    compute: 'worker',
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    bakeSeconds: { shadow: 3, canary: 3 },
    jobVisibilitySeconds: 20,
    projectsOnFirstUse: 'open',
    acknowledgeSeconds: 20,
    retrainingPollSeconds: 2,
    auditRetentionDays: 1,
    logRetentionDays: 1,
    fhirServers: { origins: [], loopback: true, longestWaitSeconds: 5 },
    webhooks: { loopback: true },
    apiPath: (apiId: string) => `/_aws/execute-api/${apiId}`,
    // one machine holds all functions: each process keeps its young generation small
    functionEnvironment: { PROBAND_S3_PATH_STYLE: '1', NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=1' },
  },
} as const satisfies Record<string, Environment>;

/** The environment of that name; an unknown name is refused with the names there are. */
export const environmentOf = (name: string): Environment => {
  if (Object.hasOwn(ENVIRONMENTS, name)) return ENVIRONMENTS[name as keyof typeof ENVIRONMENTS];
  throw new RangeError(`unknown environment "${name}": allowed are ${Object.keys(ENVIRONMENTS).join(', ')}`);
};
