import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  Fail,
  type IChainable,
  IntegrationPattern,
  JsonPath,
  LogLevel,
  type Parallel,
  StateMachine,
  StateMachineType,
  Succeed,
  TaskInput,
  type TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SqsSendMessage, type SqsSendMessageProps } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { MachineName } from '../../config/catalog/machines.ts';
import { resourceName } from '../constructs/names.ts';
import type { Platform } from '../constructs/platform.ts';
import { retryFaults } from './retry.ts';
import { type ComputeJob, sageMakerJob } from './sagemaker-job.ts';

export type InvokeOptions = { payload?: Record<string, unknown>; resultSelector?: Record<string, unknown>; resultPath?: string; comment?: string };

/** Invokes a step's function with its payload (default: the whole input); its answer lies at `resultPath`. */
export const invoke = (scope: Construct, id: string, fn: IFunction, { payload, ...options }: InvokeOptions = {}): LambdaInvoke => {
  const task = new LambdaInvoke(scope, id, {
    lambdaFunction: fn,
    payloadResponseOnly: true,
    // every fault is retried by one rule, below
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(Duration.minutes(15)),
    ...(payload ? { payload: TaskInput.fromObject(payload) } : {}),
    ...options,
  });
  retryFaults(task);
  return task;
};

/** The heavy step, on the environment's compute backend; both take the same Job and run the same container entry point. */
export const computeJob = (scope: Construct, id: string, platform: Platform, job: ComputeJob): TaskStateBase | Parallel =>
  platform.environment.compute === 'worker' ? workerJob(scope, id, platform, job) : sageMakerJob(scope, id, platform, job);

/** Queue and task token: a worker anywhere pulls the job, beats, and answers. */
const workerJob = (scope: Construct, id: string, platform: Platform, { jobPath, resultPath, timeout = Duration.days(1) }: ComputeJob): TaskStateBase => {
  const task = new SendJob(scope, id, {
    queue: platform.jobs,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    messageBody: TaskInput.fromObject({ taskToken: JsonPath.taskToken, job: JsonPath.objectAt(jobPath) }),
    heartbeatTimeout: Timeout.duration(Duration.minutes(5)),
    taskTimeout: Timeout.duration(timeout),
    resultPath,
  });
  // the worker's names of what the caller must correct: not tried again
  task.addRetry({ errors: ['InvalidInput', 'InputMismatch'], maxAttempts: 0 });
  retryFaults(task, 2);
  return task;
};

/** CDK's own statement would let the machine do `kms:GenerateDataKey*`. */
class SendJob extends SqsSendMessage {
  protected override readonly taskPolicies: PolicyStatement[];

  constructor(scope: Construct, id: string, props: SqsSendMessageProps) {
    super(scope, id, props);
    const { queueArn, encryptionMasterKey } = props.queue;
    this.taskPolicies = [
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] }),
      ...(encryptionMasterKey ? [new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [encryptionMasterKey.keyArn] })] : []),
    ];
  }
}

export type MachineProps = { name: MachineName; definition: IChainable; timeout: Duration; comment?: string };

/** A state machine with an encrypted log of its transitions; what flows through it is not logged, since it could hold more than it should. */
export const machine = (scope: Construct, id: string, { environment, keys }: Platform, { name, definition, ...props }: MachineProps): StateMachine => {
  const stateMachineName = resourceName(environment, name);
  const destination = new LogGroup(scope, `${id}Logs`, {
    logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
    retention: environment.logRetentionDays as RetentionDays,
    encryptionKey: keys.logs,
    removalPolicy: environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  return new StateMachine(scope, id, {
    stateMachineName,
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromChainable(definition),
    tracingEnabled: true,
    logs: { destination, level: LogLevel.ALL, includeExecutionData: false },
    ...props,
  });
};

type OneStep = { step: string; done: string; error: string; input: Record<string, string> };

/**
 *     step ─► done
 *     a fault ─► RecordFault ─► Faulted
 *
 * One function does the work, or writes down that a fault stopped it: then it is called with `fault`, the cause in words.
 */
export const oneStep = (scope: Construct, fn: IFunction, { step, done, error, input }: OneStep): IChainable => {
  const fault = JsonPath.format('it stopped by a fault on our side; its execution is {}', JsonPath.stringAt('$$.Execution.Name'));
  const recorded = invoke(scope, 'RecordFault', fn, { payload: { ...input, fault }, resultPath: '$.recorded' }).next(
    new Fail(scope, 'Faulted', { error, cause: 'a step faulted; the first fault stands in this execution’s history' }),
  );
  return invoke(scope, step, fn, { payload: input, resultPath: '$.done' }).addCatch(recorded, { resultPath: '$.fault' }).next(new Succeed(scope, done));
};

/** Starts a machine by each object that arrives in the landing zone below a prefix. */
export const startOnArrival = (
  scope: Construct,
  { environment, buckets, deadEvents }: Platform,
  stateMachine: StateMachine,
  { name, prefix, description }: { name: string; prefix: string; description: string },
): Rule =>
  new Rule(scope, 'FileArrived', {
    ruleName: resourceName(environment, name),
    description,
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: { bucket: { name: [buckets.landing.bucketName] }, object: { key: [{ prefix }] } },
    },
    targets: [new SfnStateMachine(stateMachine, { deadLetterQueue: deadEvents })],
  });
