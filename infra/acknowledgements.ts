import type { App, CfnResource, IPolicyValidationPlugin } from 'aws-cdk-lib';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks } from 'cdk-nag';
import type { IConstruct } from 'constructs';

export type Finding = { rule: string; path: string };
export type Acknowledgement = { rule: RegExp; path: RegExp; reason: string };

/** Rules that the app breaks on purpose, where, and why. A finding that no line names fails the synthesis. */
export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  {
    rule: /IAMNoInlinePolicy$/,
    path: /\/(Policy|DefaultPolicy|DistributedMapPolicy)\/Resource$|LogsRole|CloudWatchRole/,
    reason: 'The policy belongs to one role, is made with it and dies with it; there is nothing to reuse, and one template shows role and policy together.',
  },
  {
    rule: /LambdaInsideVPC$/,
    path: /\/Function\/Resource$/,
    reason: 'The functions reach AWS services only, over TLS, each by a role that names its resources; a VPC with endpoints would cost at rest and protect nothing more.',
  },
  {
    rule: /LambdaConcurrency$/,
    path: /\/Function\/Resource$/,
    reason: 'The API’s stage throttles; concurrency reserved for one function is taken from all others of the account, also while it is idle.',
  },
  {
    rule: /LambdaDLQ$/,
    path: /\/Function\/Resource$/,
    reason:
      'Called synchronously by the API or a state machine, which has retries and a catch; functions called by events have a dead-letter queue at their event rule, subscription or source queue.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::(<Stores\w+\.Arn>|proband-\w+-data:ExportsOutputFnGetAttStores\w+)\/[\w/=-]*\*\]$/,
    path: /Policy\/Resource$/,
    reason: 'All objects below one prefix of one bucket: the keys are made of ids that are not known beforehand.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::(<Stores\w+\.Arn>|proband-\w+-data:ExportsOutputFnGetAttStores\w+)\/(runs\/\*\/relay|checkpoints\/\*\/(relay|tracking))\/\*\]$/,
    path: /\/(Compute\/RelayPolicy|Training\/(Prepare|Record)Relay\/Role\/DefaultPolicy)\/Resource$/,
    reason: 'One folder of every run: the ids of runs are not known beforehand.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:.*:execute-api:.*\/mlflow-service\/\*\]$/,
    path: /\/Compute\/RelayCalls\/Resource$/,
    reason: 'The addresses below one path of the API; which of the protocol’s operations may be called there, and in which project, the permission table says.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::<\w+Function\w+\.Arn>:\*\]$/,
    path: /\/Machine\/Role\/DefaultPolicy\/Resource$/,
    reason: 'The versions of one function, which the state machine invokes.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::.+\]$/,
    path: /\/Machine\/DistributedMapPolicy\/Resource$/,
    reason: 'The executions that the machine’s own Distributed Map starts, one for each group of files: their names are made as they start.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:.*:secret:proband-\w+-fhir\/\*\]$/,
    path: /\/FhirExport\/\w+\/Role\/DefaultPolicy\/Resource$/,
    reason: 'The credentials of FHIR servers: users name them, and Secrets Manager adds six characters to each.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:.*:model-package(-group)?\/proband-\w+-models-\*\]$/,
    path: /\/SageMakerMirror\/Version\/Role\/DefaultPolicy\/Resource$/,
    reason: 'The mirrored versions of every model: models are named by configuration and numbered as they are registered.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::.+\/\*\]$/,
    path: /\/Catalog\/Readers\/Resource$/,
    reason: 'All tables of the lake’s database, all objects below its prefixes, and all results of its workgroup: who may query the lake may query all of it.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    path: /Policy\/Resource$/,
    reason: 'Only actions for which AWS has no resource-level permission; docs/least-privilege.md lists each, and a test holds the list.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:.*:(training|processing)-job\/proband-\w+-\*\]$/,
    path: /\/Develop\/|\/Simulate\//,
    reason: 'The jobs of this environment; each attempt has a name of its own.',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::arn:.*:log-group:\/aws\/sagemaker\/(Training|Processing)Jobs:\*\]$/,
    path: /\/Compute\/(Job|Relay)Policy\//,
    reason: 'The streams of the log group into which SageMaker writes what a job prints.',
  },
  { rule: /^AwsSolutions-SQS3$/, path: /\/DeadEvents\/Resource$/, reason: 'Is itself where events go that their target did not take.' },
  {
    rule: /^AwsSolutions-COG8$/,
    path: /^proband-dev-data\/Identity\/People\/Resource$/,
    reason: 'The Plus plan’s threat protection costs per person and month; prod has it, dev holds no patient’s data.',
  },
  { rule: /^AwsSolutions-APIG4$/, path: /\/GET--v1--(health|openapi\.json)\/Resource$/, reason: 'Public on purpose: the API’s health and its own description hold no data.' },
  {
    rule: /^AwsSolutions-APIG4$/,
    path: /^proband-\w+-tracking\/((GET|POST)--mlflow--(login|logout|\{project\}|\{project\}--\{proxy\+\})|\$default)\/Resource$/,
    reason: 'The sign-in itself, and compiled files of MLflow’s interface, which hold no data; its page is for who has a session, which the function verifies.',
  },
  { rule: /^AwsSolutions-IAM4\[/, path: /\/BackupRole\/Resource$/, reason: 'AWS Backup’s own policies: their lists of actions follow the service.' },
  {
    rule: /S3BucketReplicationEnabled$/,
    path: /\/Stores\/(Lake|Artifacts|Audit)\/Resource$/,
    reason: 'Copies are kept in the backup vault, apart from the bucket and its key’s users; every version stays recoverable in the bucket itself.',
  },
  {
    rule: /S3BucketReplicationEnabled$/,
    path: /\/Stores\/(Landing|Quarantine)\/Resource$/,
    reason: 'May hold PHI and expires: the fewer copies the better; a raw file can be sent again.',
  },
  {
    rule: /S3BucketReplicationEnabled$/,
    path: /\/Stores\/(AccessLogs|Trail)\/Resource$/,
    reason: 'Logs: versioned and kept for their retention; the trail is also kept in a log group.',
  },
  { rule: /S3DefaultEncryptionKMS$/, path: /\/Stores\/AccessLogs\/Resource$/, reason: 'S3 delivers server access logs only to buckets under its own key (SSE-S3).' },
  {
    rule: /DynamoDBInBackupPlan$/,
    path: /\/Stores\/\w+Table\/Resource$/,
    reason: 'In the plan of the guard stack, which this rule does not see from here; a template test holds that every table is selected.',
  },
];

/** The three rule packs, on every resource of the app. */
const packs = (app: App) => [new AwsSolutionsChecks(app, { verbose: true }), new HIPAASecurityChecks(app, { verbose: true }), new NIST80053R5Checks(app, { verbose: true })];

/** What the packs find now, less what is acknowledged. */
export const findings = (app: App): Finding[] =>
  packs(app).flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => ({ rule: ruleName, path: constructPath ?? '' }))),
  );

/** Acknowledges, resource by resource with the reason, each finding that the list names; answers the lines that were used. */
export const acknowledge = (app: App): Set<Acknowledgement> => {
  const used = new Set<Acknowledgement>();
  const byPath = new Map(app.node.findAll().map((construct) => [construct.node.path, construct] as const));
  for (const { rule, path } of findings(app)) {
    const line = ACKNOWLEDGEMENTS.find((each) => each.rule.test(rule) && each.path.test(path));
    if (!line) continue;
    used.add(line);
    Validations.of(byPath.get(path) as IConstruct as CfnResource).acknowledge({ id: rule, reason: line.reason });
  }
  return used;
};

/** The packs judge the synthesis of this app. References between stacks get their names while it runs, so the acknowledging is part of it. */
export const judgeSynthesis = (app: App): void => {
  const acknowledging: IPolicyValidationPlugin = {
    name: 'Acknowledgements',
    validate: () => {
      acknowledge(app);
      return { success: true, violations: [] };
    },
  };
  Validations.of(app).addPlugins(acknowledging, ...packs(app));
};
