import type { ExportReport } from '../../../contracts/export.ts';
import type { Limits } from './exchange.ts';
import { batchesOf } from './manifest.ts';
import { type Sink, type StoredPiece, storedPieces } from './piece.ts';
import { type ProgressStore, manifestOf } from './steps.ts';

export type Collected = { pieces: StoredPiece[]; transactionTime: string; report: Omit<ExportReport, 'removed'> };

/** Every piece of the export, in the manifest's order, and what was received. A batch that is not whole is a fault. */
export const collect = async (store: ProgressStore, sink: Sink, { mostBatches }: Pick<Limits, 'mostBatches'>): Promise<Collected> => {
  const { generation } = await store.read();
  const manifest = await manifestOf(store, generation);
  const all: StoredPiece[] = [];
  const report: Collected['report'] = { files: manifest.files.length, resources: {}, bytes: 0, errors: [], mismatches: [] };
  for (const { index, to } of batchesOf(manifest, mostBatches)) {
    const pieces = await storedPieces(sink, generation, index);
    const last = pieces.at(-1)?.after;
    if (last?.file !== to) throw new Error(`batch ${index} of the export is not whole`);
    all.push(...pieces);
    for (const [type, count] of Object.entries(last.resources)) report.resources[type] = (report.resources[type] ?? 0) + count;
    report.mismatches.push(...last.mismatches);
    for (const error of last.errors) {
      const known = report.errors.find(({ severity, code }) => severity === error.severity && code === error.code);
      if (known) known.count += error.count;
      else report.errors.push({ ...error });
    }
  }
  report.bytes = all.reduce((sum, { bytes }) => sum + bytes, 0);
  return { pieces: all, transactionTime: manifest.transactionTime, report };
};
