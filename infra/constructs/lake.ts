import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import * as api from '../../lambdas/lake/api/contract.ts';
import * as commitIngest from '../../lambdas/lake/commit-ingest/contract.ts';
import * as commitCompaction from '../../lambdas/lake/commit-compaction/contract.ts';
import * as compactPartitionContract from '../../lambdas/lake/compact-partition/contract.ts';
import * as planCompactions from '../../lambdas/lake/plan-compactions/contract.ts';
import * as checkQuality from '../../lambdas/lake/check-quality/contract.ts';
import * as commitDataset from '../../lambdas/lake/commit-dataset/contract.ts';
import * as pinObjects from '../../lambdas/lake/pin-objects/contract.ts';
import * as rebuildDataset from '../../lambdas/lake/rebuild-dataset/contract.ts';
import * as readSample from '../../lambdas/lake/read-sample/contract.ts';
import * as recordCreation from '../../lambdas/lake/record-creation/contract.ts';
import * as curatePartition from '../../lambdas/lake/curate-partition/contract.ts';
import * as describeFile from '../../lambdas/lake/describe-file/contract.ts';
import * as judgeReading from '../../lambdas/lake/judge-reading/contract.ts';
import * as normaliseFile from '../../lambdas/lake/normalise-file/contract.ts';
import * as withdrawal from '../../lambdas/withdrawal/api/contract.ts';
import * as recordOutcome from '../../lambdas/lake/record-outcome/contract.ts';
import { keys } from '../../config/catalog/stores.ts';
import { CompactMachine } from '../workflows/compact.ts';
import { IngestMachine } from '../workflows/ingest.ts';
import { PinMachine } from '../workflows/pin.ts';
import { RebuildMachine } from '../workflows/rebuild.ts';
import { SampleMachine } from '../workflows/sample.ts';
import { appendAudit, listObjects, readObjects, readTable, startMachine, writeObjects, writeTable } from './grants.ts';
import { machineArn } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

const LANDED = keys.upload('');
const PARTS = 'parts/';
const STAGED = 'staged/';
const READINGS = 'ingests/';
const OMOP = 'omop/';
const RECORDS = 'omop/record/';
const COMPACTED = 'omop/compacted/';
const COMPACTED_RECORDS = `${COMPACTED}record/`;
const COMPACTIONS = 'compactions/';
const DATASETS = 'datasets/';
const TABLES = 'tables/';
const CREATIONS = 'creations/';
const SAMPLES = keys.sample('');
const SAMPLE_PARTS = 'sample-parts/';
const SAMPLE_MAPS = 'sample-maps/';

/** A step works on disk: one file of the landing zone, one partition of it, or some objects of a version. */
const SCRATCH_MIB = 4096;
/** Reading holds the file, checking a source's objects of a version; and what the columnar engine spills of them. */
const READING_MIB = 10_240;
const LONG = Duration.minutes(15);

/** Upload, ingest, compaction and dataset versions. */
export class Lake extends Construct {
  readonly api: IFunction;
  readonly withdrawal: IFunction;
  readonly ingest: IngestMachine;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    const { buckets, tables, keys: kmsKeys, environment } = platform;
    const LAKE_TABLE = tables.lake.tableName;
    const AUDIT_TABLE = tables.audit.tableName;
    const LINEAGE_TABLE = tables.lineage.tableName;
    const LAKE_BUCKET = buckets.lake.bucketName;
    const PIN_MACHINE_ARN = machineArn(this, environment, 'pin');
    const REBUILD_MACHINE_ARN = machineArn(this, environment, 'rebuild');
    const LANDING_BUCKET = buckets.landing.bucketName;
    const makePseudonyms = new PolicyStatement({
      actions: ['kms:GenerateMac'],
      resources: [kmsKeys.pseudonym.keyArn],
      conditions: { StringEquals: { 'kms:MacAlgorithm': 'HMAC_SHA_256' } },
    });
    const lakeDocuments = [...readTable(platform, 'lake'), ...writeTable(platform, 'lake')];

    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'lake/api',
      contract: api.Environment,
      variables: { LAKE_TABLE, AUDIT_TABLE, LAKE_BUCKET, LANDING_BUCKET, PIN_MACHINE_ARN, REBUILD_MACHINE_ARN },
      memoryMiB: 1024,
      timeout: Duration.seconds(29),
      permissions: [
        ...lakeDocuments,
        ...appendAudit(platform),
        ...startMachine(PIN_MACHINE_ARN),
        ...startMachine(REBUILD_MACHINE_ARN),
        // the presigned PUT acts with this role's rights
        ...writeObjects(platform, 'landing', LANDED),
        ...writeObjects(platform, 'landing', PARTS),
        ...writeObjects(platform, 'landing', SAMPLES),
        ...writeObjects(platform, 'landing', SAMPLE_PARTS),
        ...writeObjects(platform, 'landing', SAMPLE_MAPS),
        ...readObjects(platform, 'lake', DATASETS),
        ...readObjects(platform, 'lake', SAMPLES),
      ],
    }).function;

    this.withdrawal = new ServiceFunction(this, 'Withdrawal', defaults, {
      handler: 'withdrawal/api',
      contract: withdrawal.Environment,
      variables: { LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE, LAKE_BUCKET, PSEUDONYM_KEY_ID: kmsKeys.pseudonym.keyId },
      memoryMiB: 1024,
      timeout: Duration.seconds(29),
      permissions: [
        ...lakeDocuments,
        ...appendAudit(platform),
        ...readTable(platform, 'lineage'),
        ...readObjects(platform, 'lake', RECORDS),
        ...readObjects(platform, 'lake', COMPACTED_RECORDS),
        ...listObjects(platform, 'lake', RECORDS),
        makePseudonyms,
      ],
    }).function;

    const steps = {
      describeFile: new ServiceFunction(this, 'DescribeFile', defaults, {
        handler: 'lake/describe-file',
        contract: describeFile.Environment,
        variables: { LAKE_TABLE, LAKE_BUCKET },
        memoryMiB: 512,
        timeout: LONG,
        permissions: [
          ...readObjects(platform, 'landing', LANDED),
          ...readObjects(platform, 'landing', PARTS),
          ...listObjects(platform, 'landing', PARTS),
          ...writeObjects(platform, 'lake', READINGS),
          ...lakeDocuments,
        ],
      }).function,
      normaliseFile: new ServiceFunction(this, 'NormaliseFile', defaults, {
        handler: 'lake/normalise-file',
        contract: normaliseFile.Environment,
        variables: { LAKE_TABLE, LAKE_BUCKET, LANDING_BUCKET, QUARANTINE_BUCKET: buckets.quarantine.bucketName, PSEUDONYM_KEY_ID: kmsKeys.pseudonym.keyId },
        // 2 GB of Bulk Data take 1,931 MiB (docs/data/ehr-bulk-data.md), and the engine uses each core
        memoryMiB: 3008,
        timeout: LONG,
        permissions: [
          ...readTable(platform, 'lake'),
          ...readObjects(platform, 'landing', LANDED),
          ...readObjects(platform, 'landing', PARTS),
          ...writeObjects(platform, 'landing', STAGED),
          ...writeObjects(platform, 'quarantine', 'ing_'),
          ...writeObjects(platform, 'lake', READINGS),
          makePseudonyms,
        ],
      }).function,
      judgeReading: new ServiceFunction(this, 'JudgeReading', defaults, {
        handler: 'lake/judge-reading',
        contract: judgeReading.Environment,
        variables: { LAKE_BUCKET },
        memoryMiB: 512,
        timeout: Duration.minutes(2),
        permissions: [...readObjects(platform, 'lake', READINGS), ...writeObjects(platform, 'lake', READINGS)],
      }).function,
      curatePartition: new ServiceFunction(this, 'CuratePartition', defaults, {
        handler: 'lake/curate-partition',
        contract: curatePartition.Environment,
        variables: {
          LAKE_TABLE,
          LAKE_BUCKET,
          SUBJECTS_TABLE: tables.subjects.tableName,
          PSEUDONYM_KEY_ID: kmsKeys.pseudonym.keyId,
          DEIDENTIFICATION: environment.deidentification,
        },
        memoryMiB: 2048,
        timeout: LONG,
        permissions: [
          ...readObjects(platform, 'landing', STAGED),
          ...readObjects(platform, 'lake', READINGS),
          ...readTable(platform, 'lake'),
          ...readObjects(platform, 'lake', RECORDS),
          ...readObjects(platform, 'lake', COMPACTED_RECORDS),
          ...listObjects(platform, 'lake', RECORDS),
          ...writeObjects(platform, 'lake', OMOP),
          ...readTable(platform, 'subjects'),
          ...writeTable(platform, 'subjects'),
          makePseudonyms,
        ],
      }).function,
      commitIngest: new ServiceFunction(this, 'CommitIngest', defaults, {
        handler: 'lake/commit-ingest',
        contract: commitIngest.Environment,
        variables: { LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE, DEIDENTIFICATION: environment.deidentification },
        timeout: Duration.seconds(60),
        permissions: [...readObjects(platform, 'lake', READINGS), ...lakeDocuments, ...appendAudit(platform), ...writeTable(platform, 'lineage')],
      }).function,
      recordOutcome: new ServiceFunction(this, 'RecordOutcome', defaults, {
        handler: 'lake/record-outcome',
        contract: recordOutcome.Environment,
        variables: { LAKE_TABLE, AUDIT_TABLE },
        timeout: Duration.seconds(60),
        permissions: [...lakeDocuments, ...appendAudit(platform)],
      }).function,
    };
    const compactPartition = new ServiceFunction(this, 'CompactPartition', defaults, {
      handler: 'lake/compact-partition',
      contract: compactPartitionContract.Environment,
      variables: { LAKE_BUCKET },
      memoryMiB: 2048,
      timeout: LONG,
      permissions: [
        ...readObjects(platform, 'lake', COMPACTIONS),
        ...readObjects(platform, 'lake', OMOP),
        ...listObjects(platform, 'lake', OMOP),
        ...writeObjects(platform, 'lake', COMPACTED),
      ],
    }).function;
    const readSampleFunction = new ServiceFunction(this, 'ReadSample', defaults, {
      handler: 'lake/read-sample',
      contract: readSample.Environment,
      variables: { LAKE_TABLE, LAKE_BUCKET, LANDING_BUCKET, AUDIT_TABLE },
      memoryMiB: 3008,
      timeout: LONG,
      permissions: [
        ...lakeDocuments,
        ...appendAudit(platform),
        ...readObjects(platform, 'landing', SAMPLES),
        ...readObjects(platform, 'landing', SAMPLE_PARTS),
        ...listObjects(platform, 'landing', SAMPLE_PARTS),
        ...readObjects(platform, 'landing', SAMPLE_MAPS),
        ...writeObjects(platform, 'lake', SAMPLES),
      ],
    }).function;
    for (const { node } of [steps.normaliseFile, readSampleFunction]) (node.defaultChild as CfnFunction).ephemeralStorage = { size: READING_MIB };
    this.ingest = new IngestMachine(this, 'Ingest', platform, steps);
    const checkQualityFunction = new ServiceFunction(this, 'CheckQuality', defaults, {
      handler: 'lake/check-quality',
      contract: checkQuality.Environment,
      variables: { LAKE_TABLE, LAKE_BUCKET },
      memoryMiB: 3008,
      timeout: LONG,
      permissions: [...lakeDocuments, ...readObjects(platform, 'lake', OMOP), ...readObjects(platform, 'lake', CREATIONS), ...writeObjects(platform, 'lake', CREATIONS)],
    }).function;
    const pinObjectsFunction = new ServiceFunction(this, 'PinObjects', defaults, {
      handler: 'lake/pin-objects',
      contract: pinObjects.Environment,
      variables: { LAKE_TABLE, LAKE_BUCKET },
      memoryMiB: 3008,
      timeout: LONG,
      permissions: [...lakeDocuments, ...readObjects(platform, 'lake', OMOP), ...writeObjects(platform, 'lake', CREATIONS)],
    }).function;
    for (const { node } of [checkQualityFunction, pinObjectsFunction]) (node.defaultChild as CfnFunction).ephemeralStorage = { size: READING_MIB };
    new PinMachine(this, 'Pin', platform, {
      pinObjects: pinObjectsFunction,
      checkQuality: checkQualityFunction,
      commitDataset: new ServiceFunction(this, 'CommitDataset', defaults, {
        handler: 'lake/commit-dataset',
        contract: commitDataset.Environment,
        variables: { LAKE_TABLE, LAKE_BUCKET, AUDIT_TABLE, LINEAGE_TABLE },
        memoryMiB: 1024,
        timeout: Duration.minutes(5),
        permissions: [
          ...lakeDocuments,
          ...readObjects(platform, 'lake', CREATIONS),
          ...writeObjects(platform, 'lake', DATASETS),
          ...writeObjects(platform, 'lake', TABLES),
          ...appendAudit(platform),
          ...writeTable(platform, 'lineage'),
        ],
      }).function,
      recordCreation: new ServiceFunction(this, 'RecordCreation', defaults, {
        handler: 'lake/record-creation',
        contract: recordCreation.Environment,
        variables: { LAKE_TABLE, AUDIT_TABLE },
        timeout: Duration.seconds(60),
        permissions: [...lakeDocuments, ...appendAudit(platform)],
      }).function,
    });
    const rebuildDatasetFunction = new ServiceFunction(this, 'RebuildDataset', defaults, {
      handler: 'lake/rebuild-dataset',
      contract: rebuildDataset.Environment,
      variables: { LAKE_TABLE, LAKE_BUCKET, AUDIT_TABLE },
      memoryMiB: 1024,
      timeout: LONG,
      permissions: [
        ...lakeDocuments,
        ...appendAudit(platform),
        ...readObjects(platform, 'lake', OMOP),
        ...readObjects(platform, 'lake', DATASETS),
        ...writeObjects(platform, 'lake', DATASETS),
        // without it S3 answers a missing version as denied
        new PolicyStatement({ actions: ['s3:ListBucket'], resources: [buckets.lake.bucketArn] }),
      ],
    }).function;
    new SampleMachine(this, 'Sample', platform, readSampleFunction);
    new RebuildMachine(this, 'Rebuild', platform, rebuildDatasetFunction);
    for (const { node } of [steps.curatePartition, compactPartition, rebuildDatasetFunction]) (node.defaultChild as CfnFunction).ephemeralStorage = { size: SCRATCH_MIB };
    new CompactMachine(this, 'Compact', platform, {
      planCompactions: new ServiceFunction(this, 'PlanCompactions', defaults, {
        handler: 'lake/plan-compactions',
        contract: planCompactions.Environment,
        variables: { LAKE_TABLE, LAKE_BUCKET },
        memoryMiB: 1024,
        timeout: LONG,
        permissions: [...readTable(platform, 'lake'), ...listObjects(platform, 'lake', RECORDS), ...writeObjects(platform, 'lake', COMPACTIONS)],
      }).function,
      compactPartition,
      commitCompaction: new ServiceFunction(this, 'CommitCompaction', defaults, {
        handler: 'lake/commit-compaction',
        contract: commitCompaction.Environment,
        variables: { LAKE_TABLE, AUDIT_TABLE, LINEAGE_TABLE },
        timeout: Duration.seconds(60),
        permissions: [...readObjects(platform, 'lake', COMPACTIONS), ...lakeDocuments, ...appendAudit(platform), ...writeTable(platform, 'lineage')],
      }).function,
    });
  }
}
