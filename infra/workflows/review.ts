import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, type IChainable, IntegrationPattern, JsonPath, type StateMachine, Succeed, TaskInput, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

export type ReviewFunctions = Record<'awaitDecision' | 'verifyDecision' | 'recordApproval' | 'recordRejection' | 'expireReview', IFunction>;

const reviewId = JsonPath.stringAt('$.reviewId');
const outcomeIs = (outcome: string) => Condition.stringEquals('$.decision.outcome', outcome);

/**
 *     WaitForDecision ─► Decision ─┬─ signed ──► VerifySignature ─┬─ verified ─► RecordApproval
 *           │ time is up           │                              └─ refused ──► RefuseSignature
 *           ▼                      ├─ rejected ─► RecordRejection
 *     ExpireReview ───────────────►└─ expired ──► Expired
 *
 * Input: `{reviewId}`. A person's decision answers the task token; nothing else moves the version on.
 */
export class ReviewMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: ReviewFunctions) {
    super(scope, id);
    const expires = Duration.days(platform.environment.reviewExpiresDays);
    const wait = this.waitForDecision(functions.awaitDecision, expires);
    const decision = this.decision(functions);
    wait.addCatch(invoke(this, 'ExpireReview', functions.expireReview, { payload: { reviewId }, resultPath: '$.decision' }).next(decision), {
      errors: ['States.Timeout'],
      resultPath: '$.timeout',
    });
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'review',
      definition: wait.next(decision),
      timeout: expires.plus(Duration.days(1)),
      comment: 'a candidate version waits for a clinician’s signature',
    });
  }

  private waitForDecision(awaitDecision: IFunction, expires: Duration): LambdaInvoke {
    const wait = new LambdaInvoke(this, 'WaitForDecision', {
      lambdaFunction: awaitDecision,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({ reviewId, taskToken: JsonPath.taskToken }),
      taskTimeout: Timeout.duration(expires),
      retryOnServiceExceptions: false,
      resultPath: '$.decision',
    });
    // a token that was not kept is asked for again; the waiting itself is never begun anew
    wait.addRetry({ errors: ['States.Timeout'], maxAttempts: 0 });
    wait.addRetry({ errors: ['States.ALL'], interval: Duration.seconds(1), backoffRate: 2, maxAttempts: 3 });
    return wait;
  }

  private decision(functions: ReviewFunctions): IChainable {
    return new Choice(this, 'Decision')
      .when(outcomeIs('signed'), this.approve(functions))
      .when(outcomeIs('rejected'), invoke(this, 'RecordRejection', functions.recordRejection, { payload: { reviewId }, resultPath: '$.ended' }).next(new Succeed(this, 'Rejected')))
      .otherwise(new Succeed(this, 'Expired'));
  }

  private approve(functions: ReviewFunctions): IChainable {
    return invoke(this, 'VerifySignature', functions.verifyDecision, { payload: { reviewId }, resultPath: '$.verified' }).next(
      new Choice(this, 'Verified')
        .when(
          Condition.stringEquals('$.verified.outcome', 'verified'),
          invoke(this, 'RecordApproval', functions.recordApproval, { payload: { reviewId }, resultPath: '$.ended' }).next(new Succeed(this, 'Approved')),
        )
        .otherwise(
          invoke(this, 'RefuseSignature', functions.recordRejection, { payload: { reviewId, detail: JsonPath.stringAt('$.verified.detail') }, resultPath: '$.ended' }).next(
            new Succeed(this, 'Refused'),
          ),
        ),
    );
  }
}
