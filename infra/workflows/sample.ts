import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Fail, JsonPath, type StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { keys } from '../../config/catalog/stores.ts';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine, startOnArrival } from './tasks.ts';

/**
 *     ReadSample ─► Read
 *     a fault ─► RecordFault ─► Faulted
 *
 * Input: S3's "Object Created" of the landing zone.
 */
export class SampleMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, readSample: IFunction) {
    super(scope, id);
    const sampleId = JsonPath.stringAt("States.ArrayGetItem(States.StringSplit($.detail.object.key, '/'), 1)");
    const detail = JsonPath.format('it stopped by a fault on our side; its execution is {}', JsonPath.stringAt('$$.Execution.Name'));
    const fault = invoke(this, 'RecordFault', readSample, { payload: { sampleId, fault: detail }, resultPath: '$.recorded' }).next(
      new Fail(this, 'Faulted', { error: 'SampleFaulted', cause: 'a step faulted; the first fault stands in this execution’s history' }),
    );
    const read = invoke(this, 'ReadSample', readSample, { payload: { sampleId }, resultPath: '$.read' }).addCatch(fault, { resultPath: '$.fault' });
    const definition = read.next(new Succeed(this, 'Read'));
    this.stateMachine = machine(this, 'Machine', platform, { name: 'sample', definition, timeout: Duration.hours(1), comment: 'A sample is read and not kept in the lake' });
    startOnArrival(this, platform, this.stateMachine, { name: 'sample-arrived', prefix: keys.sample(''), description: 'A sample arrived in the landing zone: read it' });
  }
}
