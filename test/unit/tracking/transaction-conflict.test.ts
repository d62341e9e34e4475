import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { dynamo } from '../../../lambdas/adapters/clients.ts';

it('a call that met a transaction on its item is made again', async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    asked++;
    response.writeHead(asked < 3 ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      asked < 3 ? JSON.stringify({ __type: 'com.amazonaws.dynamodb.v20120810#TransactionConflictException', message: 'ongoing' }) : '{"Item":{"body":{"B":"AP8="},"pk":{"S":"a"}}}',
    );
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  try {
    const { Item } = await dynamo().send(new GetCommand({ TableName: 't', Key: { pk: 'a', sk: 'b' } }));
    assert.equal(asked, 3);
    assert.deepEqual([...(Item!['body'] as Uint8Array)], [0, 255]);
  } finally {
    dynamo().destroy();
    server.close();
    server.closeAllConnections();
  }
});
