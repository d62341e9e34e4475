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

/** The SDK's own decoder looks at every character twice, which takes longer than the decoding. */
const base64Decoder = (text: string): Uint8Array => Buffer.from(text, 'base64');

/** A write that met a transaction on its item was not made; DynamoDB leaves it to the caller to try again, as after throttling. */
const triedAgainAfterTransactions = (client: DynamoDBClient): DynamoDBClient => {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if ((error as Error).name === 'TransactionConflictException') (error as { $retryable?: object }).$retryable = {};
        throw error;
      }
    },
    { step: 'finalizeRequest', name: 'triedAgainAfterTransactions', priority: 'low' },
  );
  return client;
};

export const dynamo = /* @__PURE__ */ once(() =>
  DynamoDBDocumentClient.from(triedAgainAfterTransactions(new DynamoDBClient({ base64Decoder })), { marshallOptions: { removeUndefinedValues: true } }),
);
export const s3 = /* @__PURE__ */ once(() => new S3Client({ forcePathStyle: process.env['PROBAND_S3_PATH_STYLE'] === '1', requestChecksumCalculation: 'WHEN_REQUIRED' }));
export const kms = /* @__PURE__ */ once(() => new KMSClient({}));
export const sfn = /* @__PURE__ */ once(() => new SFNClient({}));
export const cognito = /* @__PURE__ */ once(() => new CognitoIdentityProviderClient({}));
