import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Fail, JsonPath, type StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { computeJob, invoke, machine } from './tasks.ts';

const trialId = JsonPath.stringAt('$.trialId');

export type SimulateFunctions = Record<'prepareTrial' | 'recordTrial' | 'failTrial', IFunction>;

/**
 *     PrepareTrial ─► Simulate (compute backend) ─► RecordTrial
 *           └────────────────┴── fault ─► FailTrial
 *
 * Input: `{trialId}`.
 */
export class SimulateMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: SimulateFunctions) {
    super(scope, id);
    const failed = invoke(this, 'FailTrial', functions.failTrial, {
      payload: { trialId, error: JsonPath.stringAt('$.fault.Error'), cause: JsonPath.stringAt('$.fault.Cause') },
      resultPath: '$.ended',
    }).next(new Fail(this, 'Faulted', { cause: 'the trial could not be simulated' }));
    const prepared = invoke(this, 'PrepareTrial', functions.prepareTrial, { payload: { trialId }, resultPath: '$.prepared' });
    const simulated = computeJob(this, 'Simulate', platform, { kind: 'simulate', jobPath: '$.prepared.job', resultPath: '$.simulated', timeout: Duration.hours(6) });
    const recorded = invoke(this, 'RecordTrial', functions.recordTrial, { payload: { trialId }, resultPath: '$.ended' });
    for (const task of [prepared, simulated, recorded]) task.addCatch(failed, { resultPath: '$.fault' });
    const definition = prepared.next(simulated).next(recorded).next(new Succeed(this, 'Recorded'));
    this.stateMachine = machine(this, 'Machine', platform, { name: 'simulate', definition, timeout: Duration.hours(8), comment: 'a simulated trial of a registered version' });
  }
}
