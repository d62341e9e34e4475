import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { JsonPath, type StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { keys } from '../../config/catalog/stores.ts';
import type { Platform } from '../constructs/platform.ts';
import { machine, oneStep, startOnArrival } from './tasks.ts';

/** One step, ReadSample. Input: S3's "Object Created" of the landing zone. */
export class SampleMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, readSample: IFunction) {
    super(scope, id);
    const sampleId = JsonPath.stringAt("States.ArrayGetItem(States.StringSplit($.detail.object.key, '/'), 1)");
    const definition = oneStep(this, readSample, { step: 'ReadSample', done: 'Read', error: 'SampleFaulted', input: { sampleId } });
    this.stateMachine = machine(this, 'Machine', platform, { name: 'sample', definition, timeout: Duration.hours(1), comment: 'A sample is read and not kept in the lake' });
    startOnArrival(this, platform, this.stateMachine, { name: 'sample-arrived', prefix: keys.sample(''), description: 'A sample arrived in the landing zone: read it' });
  }
}
