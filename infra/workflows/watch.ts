import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, Fail, JsonPath, type StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

const monitoringRunId = JsonPath.stringAt('$.monitoringRunId');

/**
 *     ComputeSignals ─► beyond a limit? ─► RaiseAlarms ─► Raised
 *            │                 └─ no ─► Stable
 *            └─ fault ─► RecordWatchFault
 *
 * Input: `{monitoringRunId}`.
 */
export class WatchMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: Record<'computeSignals' | 'raiseAlarms' | 'recordWatchFault', IFunction>) {
    super(scope, id);
    const fault = invoke(this, 'RecordWatchFault', functions.recordWatchFault, { payload: { monitoringRunId }, resultPath: '$.ended' }).next(
      new Fail(this, 'Faulted', { cause: 'the window could not be watched' }),
    );
    const compute = invoke(this, 'ComputeSignals', functions.computeSignals, { payload: { monitoringRunId }, resultPath: '$.computed' });
    const raise = invoke(this, 'RaiseAlarms', functions.raiseAlarms, { payload: { monitoringRunId }, resultPath: '$.raised' });
    for (const task of [compute, raise]) task.addCatch(fault, { resultPath: '$.fault' });
    const definition = compute.next(
      new Choice(this, 'BeyondALimit')
        .when(Condition.stringEquals('$.computed.outcome', 'drifted'), raise.next(new Succeed(this, 'Raised')))
        .otherwise(new Succeed(this, 'NothingRaised')),
    );
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'watch',
      definition,
      timeout: Duration.hours(2),
      comment: 'drift, calibration, fairness and clinical relevance of a window of predictions',
    });
  }
}
