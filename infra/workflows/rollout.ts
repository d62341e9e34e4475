import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, Fail, type IChainable, JsonPath, type StateMachine, Succeed, type TaskStateBase, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ROLLOUT_STAGES } from '../../config/catalog/rollout.ts';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

export type RolloutFunctions = Record<'verifySignature' | 'enterStage' | 'judgeStage' | 'rollBack' | 'completeRollout' | 'refuseRollout', IFunction>;

type Stage = (typeof ROLLOUT_STAGES)[number];

const rolloutId = JsonPath.stringAt('$.rolloutId');

/**
 *     VerifySignature ─► shadow ─► canary-5 ─► canary-25 ─► production ─► CompleteRollout
 *          │ refused        │ each stage: Enter ─► Bake ─► Judge ─► go on, bake again, or
 *          ▼                ▼
 *     RefuseRollout      RollBack
 *
 * Input: `{rolloutId}`. A fault rolls back as well, and fails the execution.
 */
export class RolloutMachine extends Construct {
  readonly stateMachine: StateMachine;
  private readonly platform: Platform;
  private readonly functions: RolloutFunctions;
  private readonly afterFault: IChainable;

  constructor(scope: Construct, id: string, platform: Platform, functions: RolloutFunctions) {
    super(scope, id);
    this.platform = platform;
    this.functions = functions;
    this.afterFault = invoke(this, 'RollBackAfterFault', functions.rollBack, { payload: { rolloutId, cause: 'fault' }, resultPath: '$.ended' }).next(
      new Fail(this, 'Faulted', { cause: 'a step of the rollout failed; the former version answers' }),
    );
    const rolledBack = this.step('RollBack', 'rollBack', '$.ended', { cause: 'signals' }).next(new Succeed(this, 'RolledBack'));
    const completed = this.step('CompleteRollout', 'completeRollout', '$.ended').next(new Succeed(this, 'Completed'));
    const stages = [...ROLLOUT_STAGES].reverse().reduce<IChainable>((next, stage) => this.stage(stage, next, rolledBack), completed);
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'rollout',
      definition: this.verified(stages),
      timeout: Duration.days(120),
      comment: 'shadow, 5, 25, 100 %, back on a breach',
    });
  }

  private verified(stages: IChainable): IChainable {
    const refused = this.step('RefuseRollout', 'refuseRollout', '$.ended', { detail: JsonPath.stringAt('$.verification.detail') }).next(new Succeed(this, 'Refused'));
    return this.step('VerifySignature', 'verifySignature', '$.verification').next(
      new Choice(this, 'SignatureVerified').when(Condition.stringEquals('$.verification.outcome', 'verified'), stages).otherwise(refused),
    );
  }

  private stage({ name, bake }: Stage, next: IChainable, rollBack: IChainable): IChainable {
    const title = name.replace(/(^|-)(\w)/g, (_, _dash: string, letter: string) => letter.toUpperCase());
    const baked = new Wait(this, `Bake${title}`, { time: WaitTime.duration(Duration.seconds(this.platform.environment.bakeSeconds[bake])) });
    const judged = this.step(`Judge${title}`, 'judgeStage', '$.judged', { stage: name, bakes: JsonPath.numberAt('$.judged.bakes') });
    const decided = new Choice(this, `Decide${title}`)
      .when(Condition.stringEquals('$.judged.next', 'go-on'), next)
      .when(Condition.stringEquals('$.judged.next', 'bake-again'), baked)
      .otherwise(rollBack);
    return this.step(`Enter${title}`, 'enterStage', '$.judged', { stage: name }).next(baked.next(judged.next(decided)));
  }

  private step(id: string, fn: keyof RolloutFunctions, resultPath: string, payload: Record<string, unknown> = {}): TaskStateBase {
    const task = invoke(this, id, this.functions[fn], { payload: { rolloutId, ...payload }, resultPath });
    task.addCatch(this.afterFault, { resultPath: '$.fault' });
    return task;
  }
}
