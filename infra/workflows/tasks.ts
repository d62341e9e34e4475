import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type CustomState, DefinitionBody, type IChainable, IntegrationPattern, JsonPath, LogLevel, type RetryProps, StateMachine, StateMachineType, TaskInput, type TaskStateBase, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SqsSendMessage } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { MachineName } from '../../config/catalog/machines.ts';
import { resourceName } from '../constructs/names.ts';
import type { Platform } from '../constructs/platform.ts';
import { sageMakerJob, sageMakerPermissions } from './sagemaker-job.ts';

/** Faults are tried again; a typed outcome is an answer and is not. */
const retryFaults = (task: { addRetry(props?: RetryProps): unknown }, attempts = 3): void => {
  task.addRetry({ errors: ['States.ALL'], interval: Duration.seconds(1), backoffRate: 2, maxAttempts: attempts, maxDelay: Duration.seconds(30) });
};

/** Invokes a step's function with its payload (default: the whole input); its answer lies at `resultPath`. */
export const invoke = (scope: Construct, id: string, fn: IFunction, options: { payload?: Record<string, unknown>; resultPath?: string; comment?: string } = {}): LambdaInvoke => {
  const task = new LambdaInvoke(scope, id, {
    lambdaFunction: fn,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(Duration.minutes(15)),
    ...(options.payload ? { payload: TaskInput.fromObject(options.payload) } : {}),
    ...(options.resultPath ? { resultPath: options.resultPath } : {}),
    ...(options.comment ? { comment: options.comment } : {}),
  });
  retryFaults(task);
  return task;
};

export type ComputeJob = {
  kind: 'train' | 'evaluate' | 'simulate';
  /** JSONPath of the Job (lambdas/contracts/run.ts) in the state's input, e.g. `$.job` */
  jobPath: string;
  resultPath: string;
  timeout?: Duration;
};

/** The heavy step, on the environment's compute backend; both take the same Job and run the same container entry point. */
export const computeJob = (scope: Construct, id: string, platform: Platform, job: ComputeJob): TaskStateBase | CustomState => {
  const task = platform.environment.compute === 'worker' ? workerJob(scope, id, platform, job) : sageMakerJob(scope, id, platform, job);
  retryFaults(task, 2);
  return task;
};

/** Queue and task token: a worker anywhere pulls the job, beats, and answers. */
const workerJob = (scope: Construct, id: string, platform: Platform, { jobPath, resultPath, timeout }: ComputeJob): TaskStateBase =>
  new SqsSendMessage(scope, id, {
    queue: platform.jobs,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    messageBody: TaskInput.fromObject({ taskToken: JsonPath.taskToken, job: JsonPath.objectAt(jobPath) }),
    heartbeatTimeout: Timeout.duration(Duration.minutes(5)),
    taskTimeout: Timeout.duration(timeout ?? Duration.hours(24)),
    resultPath,
  });

/** A state machine with an encrypted log of its errors; no execution data is logged. */
export const machine = (scope: Construct, id: string, platform: Platform, props: { name: MachineName; definition: IChainable; timeout: Duration; comment?: string; /** it holds a computeJob */ jobs?: boolean }): StateMachine => {
  const { environment, keys } = platform;
  const name = resourceName(environment, props.name);
  const logs = new LogGroup(scope, `${id}Logs`, {
    logGroupName: `/aws/vendedlogs/states/${name}`,
    retention: environment.logRetentionDays as RetentionDays,
    encryptionKey: keys.logs,
    removalPolicy: environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  const stateMachine = new StateMachine(scope, id, {
    stateMachineName: name,
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromChainable(props.definition),
    timeout: props.timeout,
    tracingEnabled: true,
    logs: { destination: logs, level: LogLevel.ERROR, includeExecutionData: false },
    ...(props.comment ? { comment: props.comment } : {}),
  });
  if (props.jobs && environment.compute === 'sagemaker') for (const statement of sageMakerPermissions(platform)) stateMachine.addToRolePolicy(statement);
  return stateMachine;
};
