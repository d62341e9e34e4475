import { openExport, wholeSeconds } from '../../adapters/bulk-export-connection.ts';
import { moveExport } from '../../adapters/export-store.ts';
import { step } from '../../adapters/step.ts';
import { kickOffStep } from '../../domain/lake/bulk-export/steps.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** Asks the server for the export, unless it was asked already. */
export const handler = step(Input, async ({ exportId }) => {
  const { connection, store } = await openExport(env, exportId);
  const kickedOff = await kickOffStep(connection, store);
  if (kickedOff.outcome === 'refused') return kickedOff;
  if (kickedOff.outcome === 'accepted') await moveExport(env.LAKE_TABLE, exportId, { status: 'preparing' });
  return { outcome: kickedOff.outcome, waitSeconds: wholeSeconds(kickedOff.waitSeconds) };
});
