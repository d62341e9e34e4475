import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { DataStores } from '../constructs/data-stores.ts';
import { Identity } from '../constructs/identity.ts';
import { makeKeys } from '../constructs/keys.ts';
import type { Platform } from '../constructs/platform.ts';

/** What outlives every release: keys, buckets, tables, people. */
export class DataStack extends Stack {
  readonly held: Pick<Platform, 'keys' | 'buckets' | 'tables' | 'identity'>;

  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    const keys = makeKeys(this, environment);
    const stores = new DataStores(this, 'Stores', environment, keys);
    const { userPool, client } = new Identity(this, 'Identity', environment);
    this.held = { keys, buckets: stores.buckets, tables: stores.tables, identity: { userPoolId: userPool.userPoolId, clientId: client.userPoolClientId } };
    new CfnOutput(this, 'UserPoolId', { value: userPool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: client.userPoolClientId });
    for (const [name, bucket] of Object.entries(stores.buckets)) new CfnOutput(this, `${name[0]!.toUpperCase()}${name.slice(1)}Bucket`, { value: bucket.bucketName });
  }
}
