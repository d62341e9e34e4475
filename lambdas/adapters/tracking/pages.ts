import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { dynamo } from '../clients.ts';

type Item = Record<string, unknown>;
type Reading = { skPrefix?: string; from?: string; limit?: number; ProjectionExpression?: string; ExpressionAttributeNames?: Record<string, string> };

/** A partition's items in order, a page (1 MB) at a time, read consistently. */
export async function* pages(table: string, pk: string, { skPrefix, from, limit, ...reading }: Reading = {}): AsyncGenerator<Item[]> {
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await dynamo().send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: from !== undefined ? 'pk = :pk AND sk >= :from' : skPrefix ? 'pk = :pk AND begins_with(sk, :sk)' : 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk, ...(from !== undefined ? { ':from': from } : skPrefix ? { ':sk': skPrefix } : {}) },
        ConsistentRead: true,
        ...(limit ? { Limit: limit } : {}),
        ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
        ...reading,
      }),
    );
    yield page.Items ?? [];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
