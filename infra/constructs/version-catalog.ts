import { Aws } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { LAKE_PARTITIONS } from '../../config/catalog/stores.ts';
import { OMOP_TABLE_NAMES } from '../../lambdas/domain/lake/omop-tables.ts';
import { COLUMNS_OF_RECORD, type GlueColumn, PARTITION, columnsOf, versionsDatabase } from './lake-catalog.ts';

/** Says whose row it is in a merged file; null in a file of one ingest, which is named after it. */
const INGEST: GlueColumn = { name: 'ingest_id', type: 'string' };

/**
 * Dataset versions as tables of the Data Catalog: a version's lists of files (symlink format, as S3 Inventory and Delta Lake give theirs to Athena) name what is read, merged files
 * where there are some. A query must name the version.
 */
export class VersionCatalog extends Construct {
  constructor(scope: Construct, id: string, environment: Environment, lake: IBucket) {
    super(scope, id);
    const databaseName = versionsDatabase(environment);
    const database = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: databaseName, description: 'dataset versions in OMOP CDM 5.4, de-identified' },
    });
    const table = (name: string, columns: GlueColumn[]) => {
      const location = `s3://${lake.bucketName}/tables/`;
      new CfnTable(this, name, {
        catalogId: Aws.ACCOUNT_ID,
        databaseName,
        tableInput: {
          name,
          description: `${name} of a dataset version`,
          tableType: 'EXTERNAL_TABLE',
          parameters: {
            EXTERNAL: 'TRUE',
            'projection.enabled': 'true',
            'projection.dataset_id.type': 'injected',
            [`projection.${PARTITION}.type`]: 'integer',
            [`projection.${PARTITION}.range`]: `0,${LAKE_PARTITIONS - 1}`,
            'storage.location.template': `${location}\${dataset_id}/${name}/partition=\${${PARTITION}}/`,
          },
          partitionKeys: [
            { name: 'dataset_id', type: 'string' },
            { name: PARTITION, type: 'int' },
          ],
          storageDescriptor: {
            columns: [...columns, INGEST],
            location,
            inputFormat: 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat',
            outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
            serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
          },
        },
      }).addResourceDependency(database);
    };
    for (const name of OMOP_TABLE_NAMES) table(name, columnsOf(name));
    table('record', [...COLUMNS_OF_RECORD]);
  }
}
