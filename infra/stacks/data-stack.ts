import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { DataStores } from '../constructs/data-stores.ts';
import { Identity } from '../constructs/identity.ts';
import { makeKeys } from '../constructs/keys.ts';
import { LakeCatalog } from '../constructs/lake-catalog.ts';
import { VersionCatalog } from '../constructs/version-catalog.ts';
import type { Platform } from '../constructs/platform.ts';

/** What the other stacks are given. */
export type Held = Pick<Platform, 'keys' | 'buckets' | 'tables' | 'identity'> & { trailBucket: IBucket };

/** What outlives every release: keys, buckets, tables, people; and how the lake's files are queried. */
export class DataStack extends Stack {
  readonly held: Held;

  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    const keys = makeKeys(this, environment);
    const { buckets, tables, trailBucket } = new DataStores(this, 'Stores', environment, keys);
    new LakeCatalog(this, 'Catalog', { environment, buckets, keys });
    new VersionCatalog(this, 'Versions', environment, buckets.lake);
    const { userPool, client } = new Identity(this, 'Identity', environment);
    this.held = { keys, buckets, tables, trailBucket, identity: { userPoolId: userPool.userPoolId, clientId: client.userPoolClientId } };

    const output = (name: string, value: string) => new CfnOutput(this, name, { value });
    output('UserPoolId', userPool.userPoolId);
    output('UserPoolClientId', client.userPoolClientId);
    for (const [name, { bucketName }] of Object.entries(buckets)) output(`${capitalised(name)}BucketName`, bucketName);
    for (const [name, { tableName }] of Object.entries(tables)) output(`${capitalised(name)}TableName`, tableName);
  }
}

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
