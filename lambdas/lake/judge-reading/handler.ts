import { LAKE_PARTITIONS, keys } from '../../../config/catalog/stores.ts';
import { getVerifiedJson, putObject } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import type { IngestReport, Staging } from '../../contracts/upload.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { nothingAdmitted, reportOf } from '../../domain/lake/ingest-report.ts';
import type { BranchReading } from '../../domain/lake/staged-set.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

type Judged = { outcome: 'admitted' | 'refused'; detail: string; report: IngestReport; partitions: number[]; staging: ObjectVersion };

/** All branches' readings as one report: was anything admitted, and what lies where for each partition? */
export const handler = step(Input, async ({ ingestId, groups }): Promise<Judged> => {
  const branches: BranchReading[] = [];
  for (const { reading } of groups.toSorted((a, b) => a.group - b.group)) branches.push((await getVerifiedJson(reading)) as BranchReading);
  const readings = branches.flatMap((branch) => branch.readings);
  const report = reportOf(
    readings,
    branches.flatMap(({ sites }) => sites),
  );
  const detail = nothingAdmitted(readings);
  const partitions = Array.from({ length: LAKE_PARTITIONS }, (_, partition) => partition);
  const staging: Staging = {
    partitions: partitions.map((partition) => ({
      partition,
      staged: branches.flatMap(({ staged }) => staged.filter((one) => one.partition === partition).map(({ object }) => object)),
    })),
    quarantine: branches.map(({ quarantine }) => quarantine),
  };
  return {
    outcome: detail === null ? 'admitted' : 'refused',
    detail: detail ?? '',
    report,
    partitions,
    staging: await putObject({ bucket: env.LAKE_BUCKET, key: keys.staging(ingestId) }, canonicalJson(staging), 'application/json'),
  };
});
