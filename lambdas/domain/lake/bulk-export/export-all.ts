import type { ExportReport } from '../../../contracts/export.ts';
import { type Collected, collect } from './collect.ts';
import type { Connection } from './exchange.ts';
import { batchesOf } from './manifest.ts';
import type { Sink } from './piece.ts';
import { type ProgressStore, downloadStep, kickOffStep, manifestOf, pollStep, removeStep } from './steps.ts';

export type Exported = { outcome: 'complete'; pieces: Collected['pieces']; transactionTime: string; report: ExportReport } | { outcome: 'refused'; detail: string };

/** The whole export in one process, by the steps of the `export` machine. Run again after a crash it goes on from what store and sink hold. */
export const exportAll = async (connection: Connection, store: ProgressStore, sink: Sink): Promise<Exported> => {
  for (let began = (await store.read()).generation > 0; ; began = false) {
    const complete = began ? await standing(connection, store) : await untilComplete(connection, store);
    if (complete.outcome === 'refused') return complete;
    const downloaded = await downloadAll(connection, store, sink, complete.batches);
    if (downloaded.outcome === 'expired') continue;
    if (downloaded.outcome === 'refused') return downloaded;
    const { pieces, transactionTime, report } = await collect(store, sink, connection.limits);
    return { outcome: 'complete', pieces, transactionTime, report: { ...report, removed: await removeStep(connection, store) } };
  }
};

/** The manifest that was being downloaded: its links are tried before new ones are asked for. */
const standing = async ({ limits }: Connection, store: ProgressStore): Promise<{ outcome: 'complete'; batches: number }> => {
  const { generation } = await store.read();
  return { outcome: 'complete', batches: batchesOf(await manifestOf(store, generation), limits.mostBatches).length };
};

const untilComplete = async (connection: Connection, store: ProgressStore): Promise<{ outcome: 'complete'; batches: number } | { outcome: 'refused'; detail: string }> => {
  for (;;) {
    const started = await kickOffStep(connection, store);
    if (started.outcome === 'refused') return started;
    await connection.sleep(started.waitSeconds);
    if (started.outcome === 'wait') continue;
    for (;;) {
      const polled = await pollStep(connection, store);
      if (polled.outcome === 'complete' || polled.outcome === 'refused') return polled;
      if (polled.outcome === 'gone') break;
      await connection.sleep(polled.waitSeconds);
    }
  }
};

const downloadAll = async (
  connection: Connection,
  store: ProgressStore,
  sink: Sink,
  batches: number,
): Promise<{ outcome: 'stored' | 'expired' } | { outcome: 'refused'; detail: string }> => {
  for (let batch = 0; batch < batches; batch++) {
    for (let failures = 0; ; ) {
      const downloaded = await downloadStep(connection, store, sink, batch, failures, Number.POSITIVE_INFINITY);
      if (downloaded.outcome === 'expired' || downloaded.outcome === 'refused') return downloaded;
      if (downloaded.outcome === 'stored') break;
      failures = downloaded.failures;
      if (downloaded.outcome === 'wait') await connection.sleep(downloaded.waitSeconds);
    }
  }
  return { outcome: 'stored' };
};
