import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Fail, JsonPath, type StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

/**
 *     RebuildDataset ─► Rebuilt
 *     a fault ─► RecordFault ─► Faulted
 *
 * Input: `{rebuildId}`.
 */
export class RebuildMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, rebuildDataset: IFunction) {
    super(scope, id);
    const rebuildId = JsonPath.stringAt('$.rebuildId');
    const detail = JsonPath.format('it stopped by a fault on our side; its execution is {}', JsonPath.stringAt('$$.Execution.Name'));
    const fault = invoke(this, 'RecordFault', rebuildDataset, { payload: { rebuildId, fault: detail }, resultPath: '$.recorded' }).next(
      new Fail(this, 'Faulted', { error: 'RebuildFaulted', cause: 'a step faulted; the first fault stands in this execution’s history' }),
    );
    const rebuilt = invoke(this, 'RebuildDataset', rebuildDataset, { payload: { rebuildId }, resultPath: '$.rebuilt' }).addCatch(fault, { resultPath: '$.fault' });
    const definition = rebuilt.next(new Succeed(this, 'Rebuilt'));
    this.stateMachine = machine(this, 'Machine', platform, { name: 'rebuild', definition, timeout: Duration.hours(2), comment: 'A dataset version is read again and compared' });
  }
}
