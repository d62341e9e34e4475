import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { JsonPath, type StateMachine, Succeed, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

/**
 *     TimeToAcknowledge ─► CheckAcknowledgement (escalates what is still open) ─► Checked
 *
 * Input: `{alarmId}`.
 */
export class EscalateMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: Record<'checkAcknowledgement', IFunction>) {
    super(scope, id);
    const seconds = platform.environment.acknowledgeSeconds;
    const definition = new Wait(this, 'TimeToAcknowledge', { time: WaitTime.duration(Duration.seconds(seconds)) })
      .next(invoke(this, 'CheckAcknowledgement', functions.checkAcknowledgement, { payload: { alarmId: JsonPath.stringAt('$.alarmId') }, resultPath: '$.checked' }))
      .next(new Succeed(this, 'Checked'));
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'escalate',
      definition,
      timeout: Duration.seconds(seconds).plus(Duration.hours(1)),
      comment: 'an alarm that nobody acknowledged goes to the escalation route',
    });
  }
}
