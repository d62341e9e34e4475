import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));
// a warm call that logs nothing takes the emulator longer than one that logs
const answer = { statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{}' };

export const nothing = async () => {
  console.log('nothing');
  return answer;
};
export const item = async () => {
  await dynamo.send(new GetCommand({ TableName: process.env['TABLE']!, Key: { pk: 'nothing', sk: 'nothing' }, ConsistentRead: true }));
  console.log('item');
  return answer;
};
