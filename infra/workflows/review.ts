import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IntegrationPattern, JsonPath, Pass, Result, type StateMachine, Succeed, TaskInput, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { retryFaults } from './retry.ts';
import { invoke, machine } from './tasks.ts';

const [reviewId, model, version] = [JsonPath.stringAt('$.reviewId'), JsonPath.stringAt('$.model'), JsonPath.numberAt('$.version')];

/**
 *     WaitForDecision (a person answers the task token) ─► RecordDecision (verifies the signature) ─► Decided
 *           └─ time is up ─► Expired ─┘
 *
 * Input: `{reviewId, model, version}`.
 */
export class ReviewMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: Record<'awaitDecision' | 'recordDecision', IFunction>) {
    super(scope, id);
    const days = platform.environment.reviewExpiresDays;
    const wait = new LambdaInvoke(this, 'WaitForDecision', {
      lambdaFunction: functions.awaitDecision,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({ reviewId, taskToken: JsonPath.taskToken }),
      taskTimeout: Timeout.duration(Duration.days(days)),
      retryOnServiceExceptions: false,
      resultPath: '$.decided',
    });
    retryFaults(wait, 3, 'States.TaskFailed');
    const record = invoke(this, 'RecordDecision', functions.recordDecision, { payload: { reviewId, model, version, decision: JsonPath.stringAt('$.decided.decision') }, resultPath: '$.recorded' });
    const expired = new Pass(this, 'Expired', { result: Result.fromObject({ decision: 'expired' }), resultPath: '$.decided' });
    wait.addCatch(expired.next(record), { errors: ['States.Timeout'], resultPath: '$.fault' });
    const definition = wait.next(record);
    record.next(new Succeed(this, 'Decided'));
    this.stateMachine = machine(this, 'Machine', platform, { name: 'review', definition, timeout: Duration.days(days + 1), comment: 'a candidate version waits for a clinician’s signature' });
  }
}
