import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, JsonPath, type StateMachine, Succeed, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

/**
 *     DecidePath ─► run started? ─► WaitForRun ─► RecordRetraining ─► ended? ─► Retrained
 *                        │               ▲                                 │
 *                        │               └──────────── not yet ────────────┘
 *                        └─ outside the plan, or one is under way ─► NothingStarted
 *
 * Input: `{alarmId}`. The run it starts stops at the clinical review like any other.
 */
export class RetrainMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: Record<'decidePath' | 'recordRetraining', IFunction>) {
    super(scope, id);
    const wait = new Wait(this, 'WaitForRun', { time: WaitTime.duration(Duration.seconds(platform.environment.retrainingPollSeconds)) });
    const record = invoke(this, 'RecordRetraining', functions.recordRetraining, {
      payload: { retrainingId: JsonPath.stringAt('$.decided.retrainingId'), runId: JsonPath.stringAt('$.decided.runId') },
      resultPath: '$.recorded',
    });
    const retrained = new Choice(this, 'RunEnded').when(Condition.stringEquals('$.recorded.outcome', 'running'), wait).otherwise(new Succeed(this, 'Retrained'));
    const definition = invoke(this, 'DecidePath', functions.decidePath, { payload: { alarmId: JsonPath.stringAt('$.alarmId') }, resultPath: '$.decided' }).next(
      new Choice(this, 'RunStarted').when(Condition.stringEquals('$.decided.outcome', 'started'), wait.next(record).next(retrained)).otherwise(new Succeed(this, 'NothingStarted')),
    );
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'retrain',
      definition,
      timeout: Duration.days(4),
      comment: 'an alarm becomes a new run, inside the change-control plan',
    });
  }
}
