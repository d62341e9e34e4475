import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, Fail, JsonPath, Map as MapState, type StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

export type PinFunctions = Record<'pinObjects' | 'checkQuality' | 'commitDataset' | 'recordCreation', IFunction>;

const creationId = JsonPath.stringAt('$.creationId');

/**
 *     PinObjects ─► Pinned? ─► each branch: CheckQuality ─► CommitDataset ─► RecordCreation
 *                      └─ known, or refused ─► RecordPinned
 *     a fault anywhere ─► RecordFault
 *
 * Input: `{creationId}`. Large versions are checked in a branch for each source.
 */
export class PinMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: PinFunctions) {
    super(scope, id);
    const record = (name: string, ended: unknown) => invoke(this, name, functions.recordCreation, { payload: { creationId, ended }, resultPath: '$.recorded' });
    const detail = JsonPath.format('it stopped by a fault on our side; its execution is {}', JsonPath.stringAt('$$.Execution.Name'));
    const fault = record('RecordFault', { outcome: 'faulted', detail });
    fault.next(new Fail(this, 'Faulted', { error: 'CreationFaulted', cause: 'a step faulted; the first fault stands in this execution’s history' }));

    const pinned = invoke(this, 'PinObjects', functions.pinObjects, { payload: { creationId }, resultPath: '$.pinned' });
    const checked = new MapState(this, 'CheckSources', {
      itemsPath: '$.pinned.branches',
      itemSelector: { creationId, manifest: JsonPath.objectAt('$.pinned.manifest'), sources: JsonPath.objectAt('$$.Map.Item.Value') },
      resultPath: '$.checked',
      maxConcurrency: 10,
    });
    checked.itemProcessor(invoke(this, 'CheckQuality', functions.checkQuality));
    const committed = invoke(this, 'CommitDataset', functions.commitDataset, {
      payload: { creationId, pinned: JsonPath.objectAt('$.pinned'), checked: JsonPath.objectAt('$.checked') },
      resultPath: '$.committed',
    });
    const recorded = record('RecordCreation', JsonPath.objectAt('$.committed'));
    const recordedEarly = record('RecordPinned', JsonPath.objectAt('$.pinned'));
    for (const state of [pinned, checked, committed, recorded, recordedEarly]) state.addCatch(fault, { resultPath: '$.fault' });

    const definition = pinned.next(
      new Choice(this, 'Pinned')
        .when(Condition.stringEquals('$.pinned.outcome', 'pinned'), checked.next(committed).next(recorded).next(new Succeed(this, 'Recorded')))
        .otherwise(recordedEarly.next(new Succeed(this, 'EndedEarly'))),
    );
    this.stateMachine = machine(this, 'Machine', platform, { name: 'pin', definition, timeout: Duration.hours(2), comment: 'Admitted uploads become a dataset version' });
  }
}
