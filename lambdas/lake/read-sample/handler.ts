import { keys } from '../../../config/catalog/stores.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { downloadSet, missingPart, placeOfSample } from '../../adapters/landing-zone.ts';
import { getVerifiedJson, putObject } from '../../adapters/objects.ts';
import { checkSet, draftFrom } from '../../adapters/sample-reading.ts';
import { endSample, getSample } from '../../adapters/sample-store.ts';
import { withScratch } from '../../adapters/scratch.ts';
import { step } from '../../adapters/step.ts';
import { SourceDraftId } from '../../contracts/ids.ts';
import type { Sample, SampleResult } from '../../contracts/sample.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { checkedFile, withinAnswer } from '../../domain/lake/checked-file.ts';
import { filesOf } from '../../domain/lake/file-set.ts';
import { parseSourceMap, type SourceMap } from '../../domain/lake/formats.ts';
import type { SetFile } from '../../domain/lake/reading.ts';
import { findSource } from '../../domain/lake/sources.ts';
import { withoutSamples } from '../../domain/lake/staged-set.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'sample:ReadSample';

/** So long before the step ends, reading ends: what was found has still to be stored. */
const STORING_MS = 60_000;

/** Reads a sample as its source would, or drafts a source map from it. Nothing of it enters the lake. */
export const handler = step(Input, async ({ sampleId, fault }, endsAt) => {
  const sample = await getSample(env.LAKE_TABLE, sampleId);
  if (!sample) return { outcome: 'unknown' };
  if (sample.status !== 'awaiting-file') return { outcome: sample.status };
  const ended = fault === undefined ? await lookAt(sample, endsAt) : { status: 'faulted' as const, detail: fault };
  const { status } = ended;
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: status === 'read' ? 'success' : status === 'faulted' ? 'fault' : 'refused', data: { sampleId, outcome: status } },
    `${STATE}:${sampleId}:${status}`,
  );
  await endSample(env.LAKE_TABLE, sampleId, { ...ended, endedAt: new Date().toISOString() });
  return { outcome: status };
});

const lookAt = async (sample: Sample, endsAt: number): Promise<Pick<Sample, 'detail' | 'result'> & { status: 'read' | 'refused' }> => {
  const { sampleId, files } = sample;
  const place = placeOfSample(sampleId);
  const missing = files ? await missingPart(env.LANDING_BUCKET, place, files) : null;
  if (missing !== null) return { status: 'refused', detail: missing };
  const found = await withScratch(async (folder): Promise<SampleResult | { problem: string }> => {
    const group = { from: 0, to: filesOf(sample).length };
    const set = await downloadSet(env.LANDING_BUCKET, place, sample, group, folder, endsAt - STORING_MS);
    return SourceDraftId.safeParse(sampleId).success ? draftFrom(sample.name, set[0]!) : { files: await checked(await mapOf(sample), set, folder) };
  });
  if ('problem' in found) return { status: 'refused', detail: found.problem };
  return { status: 'read', result: await putObject({ bucket: env.LAKE_BUCKET, key: keys.sampleResult(sampleId) }, canonicalJson(found), 'application/json') };
};

const mapOf = async ({ name, map }: Sample): Promise<SourceMap> => {
  if (map) return parseSourceMap(name, await getVerifiedJson(map));
  const source = findSource(name);
  if (!source) throw new Error(`source ${name} is not described any more`);
  return source;
};

const checked = async (map: SourceMap, set: readonly SetFile[], folder: string) => {
  const readings = await checkSet(map, set, folder);
  return withinAnswer(
    readings.map((reading) => checkedFile(String(reading.file + 1), withoutSamples(reading))),
    readings.map(({ quarantinedRecords }) => quarantinedRecords),
  );
};
