import { Aws } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { LAKE_PARTITIONS } from '../../config/catalog/stores.ts';
import { OMOP_TABLES, OMOP_TABLE_NAMES } from '../../lambdas/domain/lake/omop-tables.ts';
import { resourceName } from './names.ts';
import type { Platform } from './platform.ts';

/** Glue's types for DuckDB's, as both write and read them in Parquet. */
const GLUE_TYPES = { BIGINT: 'bigint', INTEGER: 'int', DATE: 'date', TIMESTAMP: 'timestamp', DOUBLE: 'double', VARCHAR: 'string' } as const;

/** A query that would scan more is stopped: 100 GiB is half a dollar. */
const BYTES_PER_QUERY = 100 * 1024 ** 3;
const RESULTS = 'athena/';
export const PARTITION = 'patient_partition';

/** Databases of the Data Catalog: what every ingest said, and dataset versions. An underscore: SQL would need quotes around a hyphen. */
export const lakeDatabase = (environment: Environment): string => resourceName(environment, 'lake').replaceAll('-', '_');
export const versionsDatabase = (environment: Environment): string => resourceName(environment, 'versions').replaceAll('-', '_');

export type GlueColumn = { name: string; type: string };

export const COLUMNS_OF_RECORD: readonly GlueColumn[] = [
  { name: 'record_key', type: 'string' },
  { name: 'person_id', type: 'bigint' },
  { name: 'source_location', type: 'string' },
  { name: 'deleted', type: 'boolean' },
];

export const columnsOf = (table: keyof typeof OMOP_TABLES): GlueColumn[] => [
  ...Object.entries(OMOP_TABLES[table].columns).map(([name, type]) => ({ name, type: GLUE_TYPES[type] })),
  { name: 'record_key', type: 'string' },
];

/** What a dataset version's manifest says that a query needs: which objects are in it and who withdrew. */
const COLUMNS_OF_DATASET: GlueColumn[] = [
  { name: 'format', type: 'string' },
  { name: 'deidentification', type: 'string' },
  { name: 'ingests', type: 'array<struct<ingestid:string,source:string,use:string,committedat:string>>' },
  { name: 'withdrawn', type: 'array<bigint>' },
  { name: 'objects', type: 'array<struct<key:string,table:string,partition:int,ingestid:string,source:string,sha256:string>>' },
];

/** The lake's Parquet files as tables of the Data Catalog and a workgroup that queries them: the engine for what exceeds a Lambda. */
export class LakeCatalog extends Construct {
  readonly database: CfnDatabase;
  readonly workGroup: CfnWorkGroup;
  /** for the roles of people who query */
  readonly readers: ManagedPolicy;

  constructor(scope: Construct, id: string, { environment, buckets, keys }: Pick<Platform, 'environment' | 'buckets' | 'keys'>) {
    super(scope, id);
    const databaseName = lakeDatabase(environment);
    const lake = `s3://${buckets.lake.bucketName}`;
    this.database = new CfnDatabase(this, 'Database', { catalogId: Aws.ACCOUNT_ID, databaseInput: { name: databaseName, description: 'OMOP CDM 5.4, de-identified' } });
    const table = (name: string, columns: GlueColumn[], description: string) => {
      const made = new CfnTable(this, name, {
        catalogId: Aws.ACCOUNT_ID,
        databaseName,
        tableInput: {
          name,
          description,
          tableType: 'EXTERNAL_TABLE',
          parameters: {
            EXTERNAL: 'TRUE',
            classification: 'parquet',
            'projection.enabled': 'true',
            [`projection.${PARTITION}.type`]: 'integer',
            [`projection.${PARTITION}.range`]: `0,${LAKE_PARTITIONS - 1}`,
            'storage.location.template': `${lake}/omop/${name}/partition=\${${PARTITION}}/`,
          },
          partitionKeys: [{ name: PARTITION, type: 'int' }],
          storageDescriptor: {
            columns,
            location: `${lake}/omop/${name}/`,
            inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
            outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
            serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
          },
        },
      });
      made.addResourceDependency(this.database);
    };
    for (const name of OMOP_TABLE_NAMES) table(name, columnsOf(name), `OMOP CDM 5.4 ${name}, as each ingest said it`);
    table('record', [...COLUMNS_OF_RECORD], 'every record that an ingest took in or deleted');
    this.#datasets(databaseName, lake);
    this.workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name: resourceName(environment, 'lake'),
      description: 'Queries of the de-identified lake',
      recursiveDeleteOption: !environment.retain,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: BYTES_PER_QUERY,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${buckets.artifacts.bucketName}/${RESULTS}`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: keys.data.keyArn },
          expectedBucketOwner: Aws.ACCOUNT_ID,
        },
      },
    });
    this.readers = this.#readersPolicy(databaseName, { buckets, keys, environment });
  }

  /** The manifests: which Parquet objects a version pins. A query must name the version. */
  #datasets(databaseName: string, lake: string): void {
    new CfnTable(this, 'dataset', {
      catalogId: Aws.ACCOUNT_ID,
      databaseName,
      tableInput: {
        name: 'dataset',
        description: 'manifests of the dataset versions',
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          EXTERNAL: 'TRUE',
          classification: 'json',
          'projection.enabled': 'true',
          'projection.dataset_id.type': 'injected',
          'storage.location.template': `${lake}/datasets/\${dataset_id}/`,
        },
        partitionKeys: [{ name: 'dataset_id', type: 'string' }],
        storageDescriptor: {
          columns: COLUMNS_OF_DATASET,
          location: `${lake}/datasets/`,
          inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          serdeInfo: { serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe', parameters: { 'ignore.malformed.json': 'true' } },
        },
      },
    }).addResourceDependency(this.database);
  }

  #readersPolicy(databaseName: string, { buckets, keys, environment }: Pick<Platform, 'environment' | 'buckets' | 'keys'>): ManagedPolicy {
    const glue = (what: string) => `arn:${Aws.PARTITION}:glue:${Aws.REGION}:${Aws.ACCOUNT_ID}:${what}`;
    return new ManagedPolicy(this, 'Readers', {
      description: 'May query the de-identified lake by Athena, and nothing else',
      statements: [
        new PolicyStatement({
          actions: ['athena:StartQueryExecution', 'athena:StopQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:GetWorkGroup'],
          resources: [`arn:${Aws.PARTITION}:athena:${Aws.REGION}:${Aws.ACCOUNT_ID}:workgroup/${resourceName(environment, 'lake')}`],
        }),
        new PolicyStatement({
          actions: ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartition', 'glue:GetPartitions'],
          resources: [glue('catalog'), ...[databaseName, versionsDatabase(environment)].flatMap((name) => [glue(`database/${name}`), glue(`table/${name}/*`)])],
        }),
        new PolicyStatement({ actions: ['s3:GetObject'], resources: ['omop/*', 'tables/*', 'datasets/*'].map((prefix) => buckets.lake.arnForObjects(prefix)) }),
        new PolicyStatement({
          actions: ['s3:ListBucket'],
          resources: [buckets.lake.bucketArn],
          conditions: { StringLike: { 's3:prefix': ['omop/*', 'tables/*', 'datasets/*'] } },
        }),
        new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], resources: [buckets.artifacts.arnForObjects(`${RESULTS}*`)] }),
        new PolicyStatement({ actions: ['s3:GetBucketLocation'], resources: [buckets.lake.bucketArn, buckets.artifacts.bucketArn] }),
        new PolicyStatement({
          effect: Effect.ALLOW,
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [keys.data.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.amazonaws.com` } },
        }),
      ],
    });
  }
}
