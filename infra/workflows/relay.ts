import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, type IChainable, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { computeJob, invoke } from './tasks.ts';

export type RelayFunctions = Record<'prepareRelay' | 'recordRelay', IFunction>;

/** Longer than the relay waits for a tracker that is away (virtual_patient/relay.py). */
const TIMEOUT = Duration.hours(1);

/**
 *     PrepareRelayAfter… ─► waiting? ─► RelayAfter… ─► RecordRelayAfter… ─► next
 *              │               └─ nothing ────────────────────────────────► next
 *              └──── any fault ─► RecordFaultOfRelayAfter… ───────────────► next
 *
 * What jobs recorded of the run and could not send to the experiment tracker is sent. Whatever comes of it, the run goes on.
 */
export const relay = (scope: Construct, platform: Platform, functions: RelayFunctions, after: 'evaluation' | 'fault', next: IChainable): IChainable => {
  const named = (state: string) => `${state}After${after === 'evaluation' ? 'Evaluation' : 'Fault'}`;
  const runId = JsonPath.stringAt('$.runId');
  const record = (state: string, fault: Record<string, string>) => {
    const task = invoke(scope, named(state), functions.recordRelay, { payload: { runId, after, ...fault }, resultPath: JsonPath.DISCARD });
    task.addCatch(next, { resultPath: JsonPath.DISCARD });
    task.next(next);
    return task;
  };
  const recordFault = record('RecordFaultOfRelay', { fault: JsonPath.stringAt('$.relayFault.Error') });
  const caught = <T extends { addCatch(handler: IChainable, props: { resultPath: string }): unknown }>(task: T): T => {
    task.addCatch(recordFault, { resultPath: '$.relayFault' });
    return task;
  };
  const job = caught(computeJob(scope, named('Relay'), platform, { kind: 'relay', jobPath: '$.relay.job', resultPath: '$.relayed', timeout: TIMEOUT }));
  return caught(invoke(scope, named('PrepareRelay'), functions.prepareRelay, { payload: { runId, after }, resultPath: '$.relay' })).next(
    new Choice(scope, named('Waiting')).when(Condition.stringEquals('$.relay.outcome', 'waiting'), job.next(record('RecordRelay', {}))).otherwise(next),
  );
};
