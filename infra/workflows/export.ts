import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  JsonPath,
  Map as MapState,
  Pass,
  type StateMachine,
  Succeed,
  type TaskStateBase,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { BULK_EXPORT } from '../../config/catalog/bulk-export.ts';
import type { Platform } from '../constructs/platform.ts';
import { invoke, machine } from './tasks.ts';

export type ExportSteps = Record<'kickOffExport' | 'pollExport' | 'downloadExportFile' | 'finishExport', IFunction>;

const exportId = JsonPath.stringAt('$.exportId');
const outcomeIs = (path: string, outcome: string) => Condition.stringEquals(`${path}.outcome`, outcome);

/**
 *     KickOff ─► wait ─► Poll ─► wait, Poll again …  ─► DownloadFiles (a branch per batch) ─► HandOver ─► HandedOver
 *        ▲                 │ the server forgot it           each: Download ─► wait, Download again … │
 *        └─────────────────┘                                                                        │ links expired
 *                          ▲────────────────────────────────────────────────────────────────────────┘
 *
 * Input: `{exportId}`. Addresses, tokens and progress are kept by the steps, none of them in the state.
 */
export class ExportMachine extends Construct {
  readonly stateMachine: StateMachine;
  private readonly steps: ExportSteps;
  private readonly afterFault: IChainable;

  constructor(scope: Construct, id: string, platform: Platform, steps: ExportSteps) {
    super(scope, id);
    this.steps = steps;
    this.afterFault = invoke(this, 'RecordExportFault', steps.finishExport, {
      payload: { exportId, ended: { outcome: 'faulted', execution: JsonPath.stringAt('$$.Execution.Name') } },
      resultPath: '$.finished',
    }).next(new Fail(this, 'Faulted', { error: 'ExportFaulted', cause: 'a step faulted; the first fault stands in this execution’s history' }));

    const kickOff = this.step('KickOffExport', 'kickOffExport', { exportId }, '$.kickedOff');
    const poll = this.step('PollExport', 'pollExport', { exportId }, '$.polled');
    const download = this.downloadFiles(poll);
    kickOff.next(
      new Choice(this, 'KickedOff')
        .when(outcomeIs('$.kickedOff', 'accepted'), wait(this, 'WaitForExport', '$.kickedOff.waitSeconds').next(poll))
        .when(outcomeIs('$.kickedOff', 'wait'), wait(this, 'WaitToKickOff', '$.kickedOff.waitSeconds').next(kickOff))
        .otherwise(this.refuse('RefuseKickOff', '$.kickedOff.detail')),
    );
    poll.next(
      new Choice(this, 'Polled')
        .when(outcomeIs('$.polled', 'wait'), wait(this, 'WaitToPoll', '$.polled.waitSeconds').next(poll))
        .when(outcomeIs('$.polled', 'complete'), download)
        .when(outcomeIs('$.polled', 'gone'), kickOff)
        .otherwise(this.refuse('RefuseExport', '$.polled.detail')),
    );
    this.stateMachine = machine(this, 'Machine', platform, {
      name: 'export',
      definition: kickOff,
      timeout: Duration.days(2),
      comment: 'A Bulk Data export of a FHIR server becomes an upload',
    });
  }

  private downloadFiles(poll: TaskStateBase): IChainable {
    const files = new MapState(this, 'DownloadFiles', {
      itemsPath: '$.polled.batches',
      itemSelector: { exportId, batch: JsonPath.numberAt('$$.Map.Item.Value'), downloaded: { outcome: 'unfinished', failures: 0 } },
      resultPath: '$.downloads',
      maxConcurrency: BULK_EXPORT.concurrency,
    });
    const download = invoke(this, 'DownloadFile', this.steps.downloadExportFile, {
      payload: { exportId, batch: JsonPath.numberAt('$.batch'), failures: JsonPath.numberAt('$.downloaded.failures') },
      resultPath: '$.downloaded',
    });
    download.next(
      new Choice(this, 'Downloaded')
        .when(outcomeIs('$.downloaded', 'wait'), wait(this, 'WaitToDownload', '$.downloaded.waitSeconds').next(download))
        .when(outcomeIs('$.downloaded', 'unfinished'), download)
        .otherwise(new Pass(this, 'DownloadEnded', { outputPath: '$.downloaded' })),
    );
    files.itemProcessor(download);
    files.addCatch(this.afterFault, { resultPath: '$.fault' });
    return files.next(this.step('HandOver', 'finishExport', { exportId, ended: { outcome: 'downloaded', downloads: JsonPath.objectAt('$.downloads') } }, '$.finished')).next(
      new Choice(this, 'LinksHeld')
        // only a status answers new links
        .when(outcomeIs('$.finished', 'expired'), poll)
        .when(outcomeIs('$.finished', 'refused'), new Succeed(this, 'FilesRefused'))
        .otherwise(new Succeed(this, 'HandedOver')),
    );
  }

  private refuse(id: string, detailPath: string): IChainable {
    return this.step(id, 'finishExport', { exportId, ended: { outcome: 'refused', detail: JsonPath.stringAt(detailPath) } }, '$.finished').next(new Succeed(this, `${id}Recorded`));
  }

  private step(id: string, fn: keyof ExportSteps, payload: Record<string, unknown>, resultPath: string): TaskStateBase {
    const task = invoke(this, id, this.steps[fn], { payload, resultPath });
    task.addCatch(this.afterFault, { resultPath: '$.fault' });
    return task;
  }
}

const wait = (scope: Construct, id: string, path: string): Wait => new Wait(scope, id, { time: WaitTime.secondsPath(path) });
