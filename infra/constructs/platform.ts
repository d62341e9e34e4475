import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Environment } from '../../config/environments/environment.ts';
import type { BucketName, TableName } from '../../config/catalog/stores.ts';

/** Keys by what they protect; landing zone and quarantine have their own. */
export type Keys = {
  landing: IKey;
  data: IKey;
  audit: IKey;
  logs: IKey;
  /** HMAC_256: pseudonyms */
  pseudonym: IKey;
  /** ECC_NIST_P256 SIGN_VERIFY: clinical signatures */
  signature: IKey;
  /** ECC_NIST_P256 SIGN_VERIFY: audit checkpoints */
  checkpoint: IKey;
};

/** Roles: of jobs, which have no connection, and of the relay, which may speak to the experiment tracker at that address. */
export type SageMakerBackend = {
  roleArn: string;
  relayRoleArn: string;
  trackerUrl: string;
  imageUri: string;
  image: { repositoryUri: string; repositoryName: string; repositoryArn: string; tag: string };
  keyArn: string;
};

/** What the data stack holds and every capability is given. */
export type Platform = {
  environment: Environment;
  keys: Keys;
  buckets: Record<BucketName, IBucket>;
  tables: Record<TableName, ITable>;
  identity: { userPoolId: string; clientId: string };
  /** jobs for the worker backend */
  jobs: IQueue;
  /** events that their target did not take; every rule and subscription names it */
  deadEvents: IQueue;
  /** the sagemaker backend; absent where the worker backend runs */
  sageMaker?: SageMakerBackend;
  topics: Record<'ops' | 'data-science' | 'clinical' | 'escalation', ITopic>;
};
