import { openExport, wholeSeconds } from '../../adapters/bulk-export-connection.ts';
import { moveExport } from '../../adapters/export-store.ts';
import { step } from '../../adapters/step.ts';
import { pollStep } from '../../domain/lake/bulk-export/steps.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** Asks the server how far it is; once the export is complete, which batches there are to download. */
export const handler = step(Input, async ({ exportId }) => {
  const { connection, store } = await openExport(env, exportId);
  const polled = await pollStep(connection, store);
  switch (polled.outcome) {
    case 'in-progress':
      if (polled.percent !== null) await moveExport(env.LAKE_TABLE, exportId, { percent: polled.percent });
      return { outcome: 'wait', waitSeconds: wholeSeconds(polled.waitSeconds) };
    case 'wait':
      return { outcome: 'wait', waitSeconds: wholeSeconds(polled.waitSeconds) };
    case 'complete':
      await moveExport(env.LAKE_TABLE, exportId, { status: 'downloading', percent: undefined });
      return { outcome: 'complete', batches: Array.from({ length: polled.batches }, (_, batch) => batch) };
    default:
      return polled;
  }
});
