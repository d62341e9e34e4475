import pMap from 'p-map';
import type { Ingest } from '../contracts/dataset.ts';
import { type Outcome, done } from '../contracts/outcome.ts';
import { admittedOnly, sharedProfile } from '../domain/lake/manifest.ts';
import { requireIngest } from './ingest-store.ts';
import { getUpload } from './upload-store.ts';

const AT_ONCE = 16;

/** The ingests of uploads that may be a dataset together, and the profile that they share. */
export const admittedIngests = async (table: string, uploadIds: readonly string[]): Promise<Outcome<{ ingests: Ingest[]; deidentification: Ingest['deidentification'] }>> => {
  const found = await pMap(new Set(uploadIds), async (uploadId) => ({ uploadId, upload: await getUpload(table, uploadId) }), { concurrency: AT_ONCE });
  const uploads = admittedOnly(found);
  if (!uploads.ok) return uploads;
  const ingests = await pMap(uploads.value, ({ ingestId }) => requireIngest(table, ingestId!), { concurrency: AT_ONCE });
  const profile = sharedProfile(ingests);
  return profile.ok ? done({ ingests, deidentification: profile.value }) : profile;
};
