import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** One client per service and process; region, credentials and endpoint come from the function's environment. `@__PURE__` leaves the unused ones out of a bundle. */
const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};

export const dynamo = /* @__PURE__ */ once(() => DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions: { removeUndefinedValues: true } }));
export const s3 = /* @__PURE__ */ once(() => new S3Client({ forcePathStyle: process.env['PROBAND_S3_PATH_STYLE'] === '1', requestChecksumCalculation: 'WHEN_REQUIRED' }));
export const kms = /* @__PURE__ */ once(() => new KMSClient({}));
export const sfn = /* @__PURE__ */ once(() => new SFNClient({}));
export const cognito = /* @__PURE__ */ once(() => new CognitoIdentityProviderClient({}));
