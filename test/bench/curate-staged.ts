import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pMap from 'p-map';
import { curate } from '../../lambdas/adapters/curation.ts';
import { OLDEST_YEARS, safeHarborShiftDays } from '../../lambdas/domain/lake/deidentified-date.ts';
import { type SourceMap, isDated } from '../../lambdas/domain/lake/formats.ts';
import { termsOf } from '../../lambdas/domain/lake/source-terms.ts';
import type { StagedSet } from '../../lambdas/domain/lake/staged-set.ts';

/** What the ingest machine does with staged rows, its buckets left out: so many partitions at a time. */
export const curateStaged = async (map: SourceMap, staged: StagedSet['partitions'], folder: string, secret: Uint8Array, concurrency: number): Promise<void> => {
  const shifts = isDated(map)
    ? async (days: readonly { personId: number; date: string }[]) => new Map(days.map(({ personId, date }) => [personId, safeHarborShiftDays(date)]))
    : null;
  const terms = termsOf(map, secret);
  await pMap(
    new Set(staged.map(({ partition }) => partition)),
    async (partition) => {
      const own = join(folder, `partition-${partition}`);
      mkdirSync(own);
      const paths = staged.filter((one) => one.partition === partition).map(({ path }) => path);
      await curate({ staged: paths, earlier: [], folder: own, shifts, oldestYears: OLDEST_YEARS, terms }, async () => undefined);
      rmSync(own, { recursive: true });
    },
    { concurrency },
  );
};
