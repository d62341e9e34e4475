import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { RunHead, TrackedRun } from '../../contracts/tracking.ts';
import { dynamo } from '../clients.ts';
import { indexAt } from './addresses.ts';

/**
 * The index of an experiment's runs: a row per run, spread over a few partitions, with the whole run packed in it, so that a search reads
 * rows and not runs. A writer raises the row's revision after its write; a row answers only while it was built of its newest revision,
 * otherwise the run itself is read and the row built again.
 */
export type IndexRow = { sk: string; revision: number; built?: number; packed?: Uint8Array };

/** A run that packs to more is read from its own partition at each search, bytes. */
const LARGEST = 300_000;
/** JSON has no NaN and no infinities: metrics are packed as text. */
export const packRun = (run: TrackedRun, built: number): { built: number; packed?: Uint8Array } => {
  const text = JSON.stringify(run, (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? { $number: String(value) } : value));
  const packed = deflateRawSync(text, { level: 3 });
  return packed.length > LARGEST ? { built } : { built, packed };
};
export const unpackRun = (packed: Uint8Array): TrackedRun => {
  const text = inflateRawSync(packed).toString('utf8');
  if (!text.includes('"$number"')) return JSON.parse(text) as TrackedRun;
  return JSON.parse(text, (_, value: unknown) =>
    value !== null && typeof value === 'object' && '$number' in value ? Number((value as { $number: string }).$number) : value,
  ) as TrackedRun;
};

/** After every write to a run, and before its caller is answered. */
export const touch = async (table: string, project: string, { experimentId, runId }: Pick<RunHead, 'experimentId' | 'runId'>): Promise<void> => {
  await dynamo().send(
    new UpdateCommand({ TableName: table, Key: indexAt(project, experimentId, runId), UpdateExpression: 'ADD revision :one', ExpressionAttributeValues: { ':one': 1 } }),
  );
};
