import { readFileSync } from 'node:fs';
import { CreateBucketCommand, ListObjectVersionsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { LAKE_PARTITIONS, keys } from '../../config/catalog/stores.ts';
import { s3 } from '../../lambdas/adapters/clients.ts';
import { curate } from '../../lambdas/adapters/curation.ts';
import { commitIngest } from '../../lambdas/adapters/ingest-store.ts';
import { putObject } from '../../lambdas/adapters/objects.ts';
import type { DatasetObject, Ingest } from '../../lambdas/contracts/dataset.ts';
import { sha256 } from '../../lambdas/domain/canonical-json.ts';
import { Identifier } from '../../lambdas/domain/lake/identify.ts';
import { partitionOf } from '../../lambdas/domain/lake/pseudonym.ts';
import type { Draft } from '../../lambdas/domain/lake/reading.ts';
import { createTables } from './tables.ts';
import { type FlatRow, flatRow, stageRows } from '../unit/lake/staged-rows.ts';

export type Lake = { bucket: string; lakeTable: string; auditTable: string; lineageTable: string };
export type Step = (input: unknown) => Promise<unknown>;
export type Compactor = { plan: Step; compact: Step; commit: Step };

const identifier = new Identifier(Buffer.alloc(32, 5), 'hospital');

export const createLake = async (name: string): Promise<Lake> => {
  const lake = { bucket: `${name}-lake`, lakeTable: `${name}-documents`, auditTable: `${name}-audit`, lineageTable: `${name}-lineage` };
  await createTables(lake.lakeTable, lake.auditTable, lake.lineageTable);
  await s3().send(new CreateBucketCommand({ Bucket: lake.bucket }));
  await s3().send(new PutBucketVersioningCommand({ Bucket: lake.bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  return lake;
};

/** The steps' own functions, working on this lake: a handler reads its environment when it is loaded. */
export const compactorOf = async ({ bucket, lakeTable, auditTable, lineageTable }: Lake): Promise<Compactor> => {
  Object.assign(process.env, { LAKE_BUCKET: bucket, LAKE_TABLE: lakeTable, AUDIT_TABLE: auditTable, LINEAGE_TABLE: lineageTable });
  const load = async (step: string): Promise<Step> => ((await import(`../../lambdas/lake/${step}/handler.ts?${bucket}`)) as { handler: Step }).handler;
  return { plan: await load('plan-compactions'), compact: await load('compact-partition'), commit: await load('commit-compaction') };
};

/** One execution of the machine, as infra/workflows/compact.ts chains its steps. Answers how many commits there were. */
export const execute = async ({ plan, compact, commit }: Compactor): Promise<{ compacted: number; overtaken: number }> => {
  const counts = { compacted: 0, overtaken: 0 };
  for (;;) {
    const planned = (await plan({})) as { outcome: string; plans: unknown[] };
    if (planned.outcome !== 'planned') return counts;
    for (const each of planned.plans) {
      const { outcome } = (await commit({ plan: each, compacted: await compact({ plan: each }) })) as { outcome: 'compacted' | 'overtaken' };
      counts[outcome]++;
    }
  }
};

/** A visit of a patient as an upload of its own: who they are, and a weight. `record` said again supersedes; `deleted` takes it back. */
export type Visit = { subject: string; record: string; weight: number; deleted?: boolean };

/** Curates and commits a visit as the ingest does. */
export const ingestVisit = async ({ bucket, lakeTable }: Lake, folder: string, number: number, { subject, record, weight, deleted }: Visit): Promise<Ingest> => {
  const ingestId = `ing_${String(number).padStart(8, '0')}`;
  const { personId } = identifier.person(subject);
  const partition = partitionOf(personId, LAKE_PARTITIONS);
  const drafts: Draft[] = [
    { table: 'person', subject, record: `person ${subject}`, values: { gender_concept_id: 0, year_of_birth: 1950, race_concept_id: 0, ethnicity_concept_id: 0 } },
    { table: 'measurement', subject, record, values: { measurement_concept_id: 0, measurement_date: '2014-01-01', measurement_type_concept_id: 0, value_as_number: weight } },
  ];
  const told = (what: string): FlatRow => ({ table: 'record', record_key: identifier.recordKey(what), source_location: 'row 1', person_id: personId });
  const rows: FlatRow[] = deleted
    ? [{ table: 'deletion', record_key: identifier.recordKey(record), source_location: 'row 1', person_id: personId }]
    : [...identifier.rows(drafts, 'row 1').map(flatRow), told(record), told(`person ${subject}`)];
  const staged = stageRows(folder, `staged-${number}`, rows);
  const objects: DatasetObject[] = [];
  const facts = { source: 'synthetic-cohort', mapVersion: '1', use: 'development' as const };
  await curate({ staged, earlier: [], folder, shifts: null, oldestYears: null }, async ({ table, rows: count, content }) => {
    const written = await putObject({ bucket, key: keys.omop(table, ingestId, partition) }, content, 'application/vnd.apache.parquet');
    objects.push({ ...written, table, partition, ingestId, rows: count, ...facts });
  });
  return commitIngest(lakeTable, {
    ...{ ingestId, uploadId: `upl_${String(number).padStart(8, '0')}`, ...facts, deidentification: 'safe-harbor', quarantine: [] },
    fileSha256: sha256(staged.map((path) => readFileSync(path, 'base64')).join()),
    objects,
    report: { read: 1, admitted: 1, quarantinedRows: 0, quarantined: [], rows: {}, patients: 1, sites: [] },
    committedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString(),
  });
};

/** Every version of every object below a prefix. */
export const versionsBelow = async ({ bucket }: Lake, prefix: string): Promise<{ key: string; versionId: string }[]> => {
  const { Versions, IsTruncated } = await s3().send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }));
  if (IsTruncated) throw new Error(`more than a page of versions below ${prefix}`);
  return (Versions ?? []).map(({ Key, VersionId }) => ({ key: Key!, versionId: VersionId! }));
};
