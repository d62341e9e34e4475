import { CfnOutput, Duration, Lazy, Stack, type StackProps } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MACHINES, type MachineName } from '../../config/catalog/machines.ts';
import { MLFLOW_SERVICE_ROOT } from '../../config/catalog/mlflow.ts';
import type { Environment } from '../../config/environments/environment.ts';
import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import { Alarms } from '../constructs/alarms.ts';
import { Compute } from '../constructs/compute.ts';
import { LifeDashboard } from '../constructs/dashboard.ts';
import { FhirExport } from '../constructs/fhir-export.ts';
import { Governance } from '../constructs/governance.ts';
import { HttpApi } from '../constructs/http-api.ts';
import { Lake } from '../constructs/lake.ts';
import { Monitoring } from '../constructs/monitoring.ts';
import { machineArn, resourceName } from '../constructs/names.ts';
import type { Platform } from '../constructs/platform.ts';
import { Registry } from '../constructs/registry.ts';
import { Review } from '../constructs/review.ts';
import type { FunctionDefaults } from '../constructs/service-function.ts';
import { Serving } from '../constructs/serving.ts';
import { Training } from '../constructs/training.ts';
import { Trials } from '../constructs/trials.ts';
import { watchedMetrics } from '../constructs/watched-metrics.ts';
import type { Shared } from './tracking-stack.ts';

/** What a release replaces: functions, state machines, the API, alarms. */
export class AppStack extends Stack {
  /** what stacks beside it add to */
  readonly shared: Shared;

  constructor(scope: Construct, id: string, environment: Environment, held: Pick<Platform, 'keys' | 'buckets' | 'tables' | 'identity'>, props: StackProps) {
    super(scope, id, props);
    const compute = new Compute(this, 'Compute', { environment, ...held });
    const topic = (route: 'ops' | 'data-science' | 'clinical' | 'escalation'): Topic => {
      const made = new Topic(this, `${route}-alarms`, { topicName: resourceName(environment, `${route}-alarms`), masterKey: held.keys.logs, enforceSSL: true });
      const email = route === 'escalation' ? environment.alarmEmails.ops : environment.alarmEmails[route];
      if (email) made.addSubscription(new EmailSubscription(email));
      return made;
    };
    // the API is made of functions that are made below
    const trackerUrl = Lazy.string({ produce: () => `${api.url}/${MLFLOW_SERVICE_ROOT}/${HOME_PROJECT}` });
    const platform: Platform = {
      environment,
      ...held,
      jobs: compute.jobs,
      deadEvents: new Queue(this, 'DeadEvents', {
        queueName: resourceName(environment, 'events-dead'),
        encryption: QueueEncryption.KMS,
        encryptionMasterKey: held.keys.logs,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
      }),
      ...(compute.sageMaker ? { sageMaker: { ...compute.sageMaker, trackerUrl } } : {}),
      topics: { ops: topic('ops'), 'data-science': topic('data-science'), clinical: topic('clinical'), escalation: topic('escalation') },
    };
    const defaults: FunctionDefaults = { environment, logKey: held.keys.logs };

    const lake = new Lake(this, 'Lake', platform, defaults);
    const fhirExport = new FhirExport(this, 'FhirExport', platform, defaults);
    const review = new Review(this, 'Review', platform, defaults);
    const training = new Training(this, 'Training', platform, defaults, { openReview: review.openReview });
    const registry = new Registry(this, 'Registry', platform, defaults);
    const serving = new Serving(this, 'Serving', platform, defaults);
    const trials = new Trials(this, 'Trials', platform, defaults);
    const monitoring = new Monitoring(this, 'Monitoring', platform, defaults);
    const governance = new Governance(this, 'Governance', platform, defaults);

    const api = new HttpApi(this, 'HttpApi', platform, {
      lake: lake.api,
      withdrawal: lake.withdrawal,
      export: fhirExport.api,
      training: training.api,
      registry: registry.api,
      review: review.api,
      signing: review.signing,
      serving: serving.api,
      prediction: serving.prediction,
      trials: trials.api,
      monitoring: monitoring.api,
      governance: governance.api,
    });
    compute.letRelayCall(this.formatArn({ service: 'execute-api', resource: api.apiId, resourceName: `*/*/${MLFLOW_SERVICE_ROOT}/*` }));
    this.shared = { platform, api: api.api, authorizer: api.authorizer, auditCalls: governance.calls };
    const watched = watchedMetrics(this, environment, {
      apiId: api.apiId,
      deadJobs: compute.deadJobs,
      deadPredictions: serving.predictionDeadLetters,
      deadCalls: governance.callsDeadLetters,
      deadEvents: platform.deadEvents,
    });
    new Alarms(this, 'Alarms', platform, watched);
    new LifeDashboard(this, 'Dashboard', environment, watched);
    new CfnOutput(this, 'ApiUrl', { value: api.url });
    new CfnOutput(this, 'JobsQueueUrl', { value: compute.jobs.queueUrl });
    for (const machine of Object.keys(MACHINES) as MachineName[])
      new CfnOutput(this, `${machine.charAt(0).toUpperCase()}${machine.slice(1)}MachineArn`, { value: machineArn(this, environment, machine) });
  }
}
