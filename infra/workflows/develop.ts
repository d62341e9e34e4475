import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Choice, Condition, Fail, type IChainable, JsonPath, type StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { imageByDigest } from './container-image.ts';
import { type RelayFunctions, relay } from './relay.ts';
import { computeJob, invoke, machine } from './tasks.ts';

const runId = JsonPath.stringAt('$.runId');

export type DevelopFunctions = RelayFunctions & Record<'buildFeatures' | 'prepareJob' | 'decideGates' | 'registerCandidate' | 'recordEnded' | 'openReview', IFunction>;

/**
 *     BuildFeatures ─► leak? ─► PrepareTraining ─► Train ─► PrepareEvaluation ─► Evaluate ─► relay ─► DecideGates ─► passed? ─► RegisterCandidate ─► OpenReview
 *           │            └─ RecordBlocked                                                                   └─ RecordGatesFailed
 *           └──── any fault ─► RecordFault ─► relay
 *
 * Input: `{runId}`. On the sagemaker backend ResolveImage comes before PrepareTraining: the run's jobs take the image by its digest.
 */
export class DevelopMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, platform: Platform, functions: DevelopFunctions) {
    super(scope, id);
    const fault = invoke(this, 'RecordFault', functions.recordEnded, {
      payload: { runId, status: 'faulted', detail: JsonPath.format('{}', JsonPath.stringAt('$.fault.Error')) },
      resultPath: '$.ended',
    }).next(relay(this, platform, functions, 'fault', new Fail(this, 'Faulted', { cause: 'the run could not be ended' })));
    const ended = (state: string, status: string, detailPath: string): IChainable =>
      caught(invoke(this, state, functions.recordEnded, { payload: { runId, status, detail: JsonPath.stringAt(detailPath) }, resultPath: '$.ended' })).next(
        new Succeed(this, `${state}Done`),
      );
    const caught = <T extends { addCatch(handler: IChainable, props: { resultPath: string }): unknown }>(task: T): T => {
      task.addCatch(fault, { resultPath: '$.fault' });
      return task;
    };

    const buildFeatures = caught(invoke(this, 'BuildFeatures', functions.buildFeatures, { payload: { runId }, resultPath: '$.built' }));
    const image = platform.sageMaker ? imageByDigest(this, 'ResolveImage', platform.sageMaker.image, '$.image') : undefined;
    const byDigest = image ? { image: image.reference } : {};
    const train = caught(invoke(this, 'PrepareTraining', functions.prepareJob, { payload: { runId, kind: 'train', ...byDigest }, resultPath: '$.training' })).next(
      caught(computeJob(this, 'Train', platform, { kind: 'train', jobPath: '$.training.job', resultPath: '$.trained' })),
    );
    const trained = { kind: 'evaluate', output: JsonPath.stringAt('$.trained.output'), ...byDigest };
    const evaluate = caught(invoke(this, 'PrepareEvaluation', functions.prepareJob, { payload: { runId, ...trained }, resultPath: '$.evaluation' })).next(
      caught(computeJob(this, 'Evaluate', platform, { kind: 'evaluate', jobPath: '$.evaluation.job', resultPath: '$.evaluated' })),
    );
    const decideGates = caught(invoke(this, 'DecideGates', functions.decideGates, { payload: { runId }, resultPath: '$.gates' }));
    const register = caught(invoke(this, 'RegisterCandidate', functions.registerCandidate, { payload: { runId }, resultPath: '$.candidate' }))
      .next(
        caught(
          invoke(this, 'OpenReview', functions.openReview, {
            payload: { runId, model: JsonPath.stringAt('$.candidate.model'), version: JsonPath.numberAt('$.candidate.version') },
            resultPath: '$.review',
          }),
        ),
      )
      .next(
        caught(
          invoke(this, 'RecordCandidate', functions.recordEnded, {
            payload: { runId, status: 'candidate', reviewId: JsonPath.stringAt('$.review.reviewId') },
            resultPath: '$.ended',
          }),
        ),
      )
      .next(new Succeed(this, 'Candidate'));

    const judged = decideGates.next(
      new Choice(this, 'Gates').when(Condition.stringEquals('$.gates.outcome', 'passed'), register).otherwise(ended('RecordGatesFailed', 'gates-failed', '$.gates.detail')),
    );
    const definition = buildFeatures.next(
      new Choice(this, 'Leakage')
        .when(Condition.stringEquals('$.built.outcome', 'blocked'), ended('RecordBlocked', 'leakage-blocked', '$.built.detail'))
        .otherwise((image ? caught(image.state).next(train) : train).next(evaluate).next(relay(this, platform, functions, 'evaluation', judged))),
    );
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'develop',
      definition,
      timeout: Duration.days(3),
      comment: 'a dataset version becomes a gated candidate version',
    });
  }
}
