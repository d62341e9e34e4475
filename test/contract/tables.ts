import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startEmulator } from '../../local/cloud/emulator.ts';

/** The local cloud's store alone, with tables made as the app makes them. */
export const startTables = async (...tables: string[]): Promise<void> => {
  const { env } = await startEmulator(mkdtempSync(join(tmpdir(), 'proband-tables-')));
  Object.assign(process.env, env, { POWERTOOLS_LOG_LEVEL: 'SILENT' });
  await createTables(...tables);
};

/** Tables as the app's, in the local cloud that the environment names. */
export const createTables = async (...tables: string[]): Promise<void> => {
  const dynamo = new DynamoDBClient({});
  for (const TableName of tables) {
    await dynamo.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'gsi1',
            KeySchema: [
              { AttributeName: 'gsi1pk', KeyType: 'HASH' },
              { AttributeName: 'gsi1sk', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
    );
  }
};
