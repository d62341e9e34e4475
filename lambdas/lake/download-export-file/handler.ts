import { BULK_EXPORT } from '../../../config/catalog/bulk-export.ts';
import { openExport, wholeSeconds } from '../../adapters/bulk-export-connection.ts';
import { landingSink } from '../../adapters/bulk-export-sink.ts';
import { withScratch } from '../../adapters/scratch.ts';
import { step } from '../../adapters/step.ts';
import { downloadStep } from '../../domain/lake/bulk-export/steps.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** Brings what a batch of the export's files still lacks into the landing zone. */
export const handler = step(Input, ({ exportId, batch, failures }) =>
  withScratch(async (folder) => {
    const until = Date.now() + BULK_EXPORT.downloadSeconds * 1000;
    const { connection, store } = await openExport(env, exportId);
    const downloaded = await downloadStep(connection, store, landingSink(env.LANDING_BUCKET, exportId, folder), batch, failures, until);
    return downloaded.outcome === 'wait' ? { ...downloaded, waitSeconds: wholeSeconds(downloaded.waitSeconds) } : downloaded;
  }),
);
