import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, JsonPath, Map as MapState, Pass, type StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { resourceName } from '../constructs/names.ts';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

export type CompactFunctions = Record<'planCompactions' | 'compactPartition' | 'commitCompaction', IFunction>;

/**
 *     Begin ─► PlanCompactions ─► Planned? ─► each plan: CompactPartition ─► CommitCompaction
 *                    ▲               └─ nothing to do ─► Compacted                │
 *                    └────────────────────────────────────────────────────────────┘
 *
 * Runs once an hour. Each step may run twice; of two executions at once the later commit of a group is void, and planned anew.
 */
export class CompactMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: CompactFunctions) {
    super(scope, id);
    const plan = invoke(this, 'PlanCompactions', functions.planCompactions, { payload: {}, resultPath: '$.planned' });
    const partitions = new MapState(this, 'CompactPartitions', {
      itemsPath: '$.planned.plans',
      itemSelector: { plan: JsonPath.objectAt('$$.Map.Item.Value') },
      resultPath: JsonPath.DISCARD,
      maxConcurrency: 10,
    });
    partitions.itemProcessor(
      invoke(this, 'CompactPartition', functions.compactPartition, { resultPath: '$.compacted' }).next(
        invoke(this, 'CommitCompaction', functions.commitCompaction, { resultPath: '$.committed' }),
      ),
    );
    const planned = new Choice(this, 'Planned').when(Condition.stringEquals('$.planned.outcome', 'planned'), partitions.next(plan)).otherwise(new Succeed(this, 'Compacted'));
    plan.next(planned);
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'compact',
      // the schedule's event says nothing that is needed
      definition: new Pass(this, 'Begin', { parameters: {} }).next(plan),
      timeout: Duration.hours(6),
      comment: 'Small Parquet files of a partition become one file per table',
    });
    new Rule(this, 'Hourly', {
      ruleName: resourceName(platform.environment, 'compact-hourly'),
      description: 'Merge small files of the lake',
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [new SfnStateMachine(this.stateMachine, { deadLetterQueue: platform.deadEvents })],
    });
  }
}
