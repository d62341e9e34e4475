import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { LAKE_PARTITIONS, keys as lakeKeys } from '../../../config/catalog/stores.ts';
import type { Environment } from '../../../config/environments/environment.ts';
import { LakeCatalog } from '../../../infra/constructs/lake-catalog.ts';
import { VersionCatalog } from '../../../infra/constructs/version-catalog.ts';
import type { Platform } from '../../../infra/constructs/platform.ts';
import { OMOP_TABLES, OMOP_TABLE_NAMES, cdmColumns } from '../../../lambdas/domain/lake/omop-tables.ts';

type TableInput = {
  Name: string;
  Parameters: Record<string, unknown>;
  PartitionKeys: { Name: string; Type: string }[];
  StorageDescriptor: { Columns: { Name: string; Type: string }[]; SerdeInfo: { SerializationLibrary: string } };
};

const stack = new Stack(new App(), 'Test');
new LakeCatalog(stack, 'Catalog', {
  environment: { name: 'dev', retain: false },
  buckets: { lake: new Bucket(stack, 'Lake', { bucketName: 'lake-bucket' }), artifacts: new Bucket(stack, 'Artifacts', { bucketName: 'artifacts-bucket' }) },
  keys: { data: new Key(stack, 'Key') },
} as unknown as Platform);
const template = Template.fromStack(stack);
const tables = new Map(
  Object.values(template.findResources('AWS::Glue::Table')).map(({ Properties }) => {
    const input = (Properties as { TableInput: TableInput }).TableInput;
    return [input.Name, input];
  }),
);

describe('the lake’s catalog', () => {
  test('has every table of the lake, its records and its dataset versions', () => {
    assert.deepEqual([...tables.keys()].sort(), [...OMOP_TABLE_NAMES, 'record', 'dataset'].sort());
  });

  test('a table has the CDM’s columns in order and the record’s key, in types that fit the Parquet files', () => {
    for (const name of OMOP_TABLE_NAMES) {
      const { Columns, SerdeInfo } = tables.get(name)!.StorageDescriptor;
      assert.deepEqual(
        Columns.map((column) => column.Name),
        [...Object.keys(OMOP_TABLES[name].columns), 'record_key'],
      );
      for (const { Type } of Columns) assert.match(Type, /^(bigint|int|date|timestamp|double|string)$/);
      assert.match(SerdeInfo.SerializationLibrary, /ParquetHiveSerDe$/);
    }
  });

  test('parts of visits are as in CDM 5.4; relationships have the lake’s own key and person behind the CDM’s columns', () => {
    const typesOf = (name: string) => tables.get(name)!.StorageDescriptor.Columns.map(({ Name, Type }) => `${Name} ${Type}`);
    assert.deepEqual(typesOf('visit_detail'), [
      'visit_detail_id bigint',
      'person_id bigint',
      'visit_detail_concept_id int',
      'visit_detail_start_date date',
      'visit_detail_start_datetime timestamp',
      'visit_detail_end_date date',
      'visit_detail_end_datetime timestamp',
      'visit_detail_type_concept_id int',
      'provider_id bigint',
      'care_site_id bigint',
      'visit_detail_source_value string',
      'visit_detail_source_concept_id int',
      'admitted_from_concept_id int',
      'admitted_from_source_value string',
      'discharged_to_source_value string',
      'discharged_to_concept_id int',
      'preceding_visit_detail_id bigint',
      'parent_visit_detail_id bigint',
      'visit_occurrence_id bigint',
      'record_key string',
    ]);
    const cdm = ['domain_concept_id_1 int', 'fact_id_1 bigint', 'domain_concept_id_2 int', 'fact_id_2 bigint', 'relationship_concept_id int'];
    assert.deepEqual(typesOf('fact_relationship'), [...cdm, 'fact_relationship_id bigint', 'person_id bigint', 'record_key string']);
    assert.deepEqual(
      cdmColumns('fact_relationship'),
      cdm.map((column) => column.split(' ')[0]),
    );
  });

  test('partitions are projected, not crawled, and lie where the ingest writes them', () => {
    for (const name of [...OMOP_TABLE_NAMES, 'record']) {
      const { Parameters, PartitionKeys } = tables.get(name)!;
      assert.equal(Parameters['projection.enabled'], 'true');
      assert.equal(Parameters['projection.patient_partition.range'], `0,${LAKE_PARTITIONS - 1}`);
      assert.deepEqual(PartitionKeys, [{ Name: 'patient_partition', Type: 'int' }]);
      const location = JSON.stringify(stack.resolve(Parameters['storage.location.template']));
      const written = lakeKeys
        .omop(name, 'ing_1', 3)
        .replace('3', '$' + '{patient_partition}')
        .replace('ing_1.parquet', '');
      assert.ok(location.includes(`/${written}`), location);
    }
    assert.equal(tables.get('dataset')!.Parameters['projection.dataset_id.type'], 'injected');
  });

  test('the workgroup limits bytes, encrypts results with the customer’s key, and no client can choose otherwise', () => {
    template.hasResourceProperties('AWS::Athena::WorkGroup', {
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 107374182400,
        PublishCloudWatchMetricsEnabled: true,
        ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } } },
      },
    });
  });

  test('readers reach the lake and their results, neither landing zone nor quarantine nor every table', () => {
    const [policy] = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
    const statements = (policy as { Properties: { PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown; Effect: string }[] } } }).Properties.PolicyDocument
      .Statement;
    for (const { Action, Resource } of statements) {
      for (const action of [Action].flat()) assert.doesNotMatch(action, /\*|Delete|Create|Update/);
      assert.notEqual(Resource, '*');
    }
    assert.doesNotMatch(JSON.stringify(statements), /landing|quarantine|staged/i);
  });
});

describe('the catalog of dataset versions', () => {
  const versions = new Stack(new App(), 'Versions');
  new VersionCatalog(versions, 'Versions', { name: 'dev' } as Environment, new Bucket(versions, 'Lake', { bucketName: 'lake-bucket' }));
  const made = Object.values(Template.fromStack(versions).findResources('AWS::Glue::Table')).map(({ Properties }) => (Properties as { TableInput: TableInput }).TableInput);

  test('has every table of the lake and its records, each row with its ingest', () => {
    assert.deepEqual(made.map(({ Name }) => Name).sort(), [...OMOP_TABLE_NAMES, 'record'].sort());
    for (const { Name, StorageDescriptor } of made) {
      const own = tables.get(Name)!.StorageDescriptor.Columns;
      assert.deepEqual(StorageDescriptor.Columns, [...own, { Name: 'ingest_id', Type: 'string' }]);
    }
  });

  test('is read by the lists that a version leaves, and only where the version is named', () => {
    for (const { Name, Parameters, PartitionKeys } of made) {
      assert.equal(Parameters['projection.dataset_id.type'], 'injected');
      assert.equal(Parameters['projection.patient_partition.range'], `0,${LAKE_PARTITIONS - 1}`);
      assert.deepEqual(
        PartitionKeys.map((key) => key.Name),
        ['dataset_id', 'patient_partition'],
      );
      const location = JSON.stringify(versions.resolve(Parameters['storage.location.template']));
      const written = lakeKeys
        .datasetFiles('$' + '{dataset_id}', Name, 3)
        .replace('partition=3', 'partition=$' + '{patient_partition}')
        .replace('files.txt', '');
      assert.ok(location.includes(`/${written}`), `${location} ${written}`);
    }
  });
});
