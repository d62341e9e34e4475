import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  JsonPath,
  DistributedMap,
  Map as MapState,
  type StateMachine,
  StateMachineType,
  Succeed,
  type TaskStateBase,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { keys } from '../../config/catalog/stores.ts';
import { readObjects } from '../constructs/grants.ts';
import type { Platform } from '../constructs/platform.ts';
import { ObjectList } from './object-list.ts';
import { invoke, machine, startOnArrival } from './tasks.ts';

export type IngestSteps = Record<'describeFile' | 'normaliseFile' | 'judgeReading' | 'curatePartition' | 'commitIngest' | 'recordOutcome', IFunction>;

/**
 * DescribeFile → accepted? → NormaliseFiles (distributed: an execution per group of files, from their list in S3) → JudgeReading → anything admitted? → CuratePartitions (a branch
 * per partition) → CommitIngest. A file that is not what it says, a duplicate and a file without one good record are outcomes; only faults
 * end in RecordFault. The event stays in the state; each step's answer lies beside it.
 */
export class IngestMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, steps: IngestSteps) {
    super(scope, id);
    const fault = this.recordFault(steps);
    const caught = <S extends TaskStateBase | MapState | DistributedMap>(state: S): S => {
      state.addCatch(fault, { resultPath: '$.fault' });
      return state;
    };

    const admit = caught(this.curatePartitions(steps))
      .next(caught(this.commitIngest(steps)))
      .next(new Succeed(this, 'Admitted'));
    const normalise = caught(this.normaliseFiles(steps, platform))
      .next(caught(invoke(this, 'JudgeReading', steps.judgeReading, { payload: { ...described('ingestId'), groups: JsonPath.objectAt('$.normalised') }, resultPath: '$.judged' })))
      .next(
        new Choice(this, 'AnythingAdmitted')
          .when(Condition.stringEquals('$.judged.outcome', 'admitted'), admit)
          .otherwise(caught(this.recordNothingAdmitted(steps)).next(new Succeed(this, 'NothingAdmitted'))),
      );
    const definition = caught(invoke(this, 'DescribeFile', steps.describeFile, { resultPath: '$.described' })).next(
      new Choice(this, 'Described')
        .when(Condition.stringEquals('$.described.outcome', 'accepted'), normalise)
        .when(Condition.stringEquals('$.described.outcome', 'ended'), new Succeed(this, 'EndedBefore'))
        .otherwise(caught(this.recordOutcome(steps)).next(new Succeed(this, 'NotAdmitted'))),
    );
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'ingest',
      definition,
      timeout: Duration.hours(2),
      comment: 'A file of the landing zone becomes OMOP Parquet and its quarantine',
    });
    startOnArrival(this, platform, this.stateMachine, { name: 'file-arrived', prefix: keys.upload(''), description: 'A file arrived in the landing zone: start its ingest' });
  }

  private normaliseFiles({ normaliseFile }: IngestSteps, platform: Platform): DistributedMap {
    const files = new DistributedMap(this, 'NormaliseFiles', {
      label: 'files',
      mapExecutionType: StateMachineType.STANDARD,
      itemReader: new ObjectList(platform.buckets.lake, '$.described.groups.key', readObjects(platform, 'lake', 'ingests/')),
      itemSelector: {
        ...described('uploadId', 'ingestId', 'source', 'mapVersion'),
        group: JsonPath.numberAt('$$.Map.Item.Value.group'),
        from: JsonPath.numberAt('$$.Map.Item.Value.from'),
        to: JsonPath.numberAt('$$.Map.Item.Value.to'),
      },
      resultPath: '$.normalised',
      maxConcurrency: 40,
    });
    return files.itemProcessor(invoke(this, 'NormaliseFile', normaliseFile));
  }

  private curatePartitions({ curatePartition }: IngestSteps): MapState {
    const partition = new MapState(this, 'CuratePartitions', {
      itemsPath: '$.judged.partitions',
      itemSelector: {
        ...described('uploadId', 'ingestId', 'source', 'mapVersion', 'use'),
        partition: JsonPath.numberAt('$$.Map.Item.Value'),
        staging: JsonPath.objectAt('$.judged.staging'),
      },
      resultPath: '$.curated',
      maxConcurrency: 40,
    });
    return partition.itemProcessor(invoke(this, 'CuratePartition', curatePartition));
  }

  private commitIngest({ commitIngest }: IngestSteps) {
    return invoke(this, 'CommitIngest', commitIngest, {
      payload: {
        ...described('uploadId', 'ingestId', 'source', 'mapVersion', 'use'),
        file: JsonPath.objectAt('$.described.file'),
        judged: JsonPath.objectAt('$.judged'),
        curated: JsonPath.objectAt('$.curated'),
      },
      resultPath: '$.committed',
    });
  }

  private recordOutcome({ recordOutcome }: IngestSteps) {
    return invoke(this, 'RecordOutcome', recordOutcome, { payload: described('uploadId', 'outcome', 'detail'), resultPath: '$.recorded' });
  }

  private recordNothingAdmitted({ recordOutcome }: IngestSteps) {
    return invoke(this, 'RecordNothingAdmitted', recordOutcome, {
      payload: {
        ...described('uploadId'),
        outcome: JsonPath.stringAt('$.judged.outcome'),
        detail: JsonPath.stringAt('$.judged.detail'),
        report: JsonPath.objectAt('$.judged.report'),
      },
      resultPath: '$.recorded',
    });
  }

  /** The cause stays in the execution's history: it may quote what must not reach a document. */
  private recordFault({ recordOutcome }: IngestSteps): IChainable & TaskStateBase {
    const record = invoke(this, 'RecordFault', recordOutcome, {
      payload: {
        uploadId: JsonPath.stringAt("States.ArrayGetItem(States.StringSplit($.detail.object.key, '/'), 1)"),
        outcome: 'faulted',
        detail: JsonPath.format('the ingest stopped by a fault on our side; its execution is {}', JsonPath.stringAt('$$.Execution.Name')),
      },
      resultPath: '$.recorded',
    });
    record.next(new Fail(this, 'Faulted', { error: 'IngestFaulted', cause: 'a step faulted; the first fault stands in this execution’s history' }));
    return record;
  }
}

const described = (...members: string[]): Record<string, string> => Object.fromEntries(members.map((member) => [member, JsonPath.stringAt(`$.described.${member}`)]));
