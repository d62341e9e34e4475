import { LAKE_PARTITIONS } from '../../../config/catalog/stores.ts';
import { getVerified } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import type { IngestReport } from '../../contracts/upload.ts';
import { nothingAdmitted, reportOf } from '../../domain/lake/ingest-report.ts';
import type { ToldReading } from '../../domain/lake/staged-set.ts';
import { Input } from './contract.ts';

type Judged = { outcome: 'admitted' | 'refused'; detail: string; report: IngestReport; partitions: { partition: number; staged: ObjectVersion[] }[]; quarantine: ObjectVersion[] };

/** All branches' readings as one report: was anything admitted, and what lies where for each partition? */
export const handler = step(Input, async ({ groups }): Promise<Judged> => {
  const parts = await Promise.all(groups.map(async ({ reading }) => JSON.parse((await getVerified(reading)).toString('utf8')) as { readings: ToldReading[]; sites: string[] }));
  const readings = parts.flatMap((part) => part.readings);
  const report = reportOf(
    readings,
    parts.flatMap(({ sites }) => sites),
  );
  const detail = nothingAdmitted(readings);
  return {
    outcome: detail === null ? 'admitted' : 'refused',
    detail: detail ?? '',
    report,
    partitions: Array.from({ length: LAKE_PARTITIONS }, (_, partition) => ({
      partition,
      staged: groups.flatMap(({ staged }) => staged.filter((one) => one.partition === partition).map(({ object }) => object)),
    })),
    quarantine: groups.flatMap(({ quarantine }) => quarantine ?? []),
  };
});
