import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { JsonPath, type StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { machine, oneStep } from './tasks.ts';

/** One step, RebuildDataset. Input: `{rebuildId}`. */
export class RebuildMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, rebuildDataset: IFunction) {
    super(scope, id);
    const definition = oneStep(this, rebuildDataset, { step: 'RebuildDataset', done: 'Rebuilt', error: 'RebuildFaulted', input: { rebuildId: JsonPath.stringAt('$.rebuildId') } });
    this.stateMachine = machine(this, 'Machine', platform, { name: 'rebuild', definition, timeout: Duration.hours(2), comment: 'A dataset version is read again and compared' });
  }
}
