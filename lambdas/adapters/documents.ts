import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { dynamo } from './clients.ts';

/** Where a document lies, and optionally under which list (`gsi1`) it is found, newest last. */
export type Address = { pk: string; sk: string };
export type Listing = { gsi1pk: string; gsi1sk: string };
type Json = Record<string, unknown>;

const strip = <T>(item: Json): T => {
  const { pk: _pk, sk: _sk, gsi1pk: _gsi1pk, gsi1sk: _gsi1sk, ...document } = item;
  return document as T;
};

export const getDocument = async <T>(table: string, address: Address): Promise<T | null> => {
  const { Item } = await dynamo().send(new GetCommand({ TableName: table, Key: address, ConsistentRead: true }));
  return Item ? strip<T>(Item) : null;
};

/** DynamoDB's numbers reach down to 1E-130: what is smaller, such as a p-value, is stored as 0. */
const SMALLEST = 1e-130;
const storable = (value: unknown): unknown => {
  if (typeof value === 'number') return Math.abs(value) < SMALLEST ? 0 : value;
  if (Array.isArray(value)) return value.map(storable);
  return value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, storable(member)]))
    : value;
};

/** Writes the document only where none stands. Answers false when one does: the caller decides whether that is the same event twice. */
export const createDocument = async (table: string, address: Address, document: Json, listing?: Listing): Promise<boolean> => {
  try {
    await dynamo().send(new PutCommand({ TableName: table, Item: { ...(storable(document) as Json), ...address, ...listing }, ConditionExpression: 'attribute_not_exists(pk)' }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};

/** Sets members of an existing document. With `expected`, only while those members still hold those values; answers false otherwise. */
export const updateDocument = async (table: string, address: Address, changes: Json, expected: Json = {}): Promise<boolean> => {
  const sets = Object.entries(changes).filter(([, value]) => value !== undefined);
  const removes = Object.entries(changes).filter(([, value]) => value === undefined);
  const conditions = Object.entries(expected);
  const names = Object.fromEntries([...sets, ...removes, ...conditions].map(([name]) => [`#${name}`, name]));
  const values = Object.fromEntries([...sets.map(([name, value]) => [`:${name}`, storable(value)]), ...conditions.map(([name, value]) => [`:expected_${name}`, value])]);
  const update = [
    sets.length > 0 ? `SET ${sets.map(([name]) => `#${name} = :${name}`).join(', ')}` : '',
    removes.length > 0 ? `REMOVE ${removes.map(([name]) => `#${name}`).join(', ')}` : '',
  ];
  try {
    await dynamo().send(
      new UpdateCommand({
        TableName: table,
        Key: address,
        UpdateExpression: update.filter(Boolean).join(' '),
        ConditionExpression: ['attribute_exists(pk)', ...conditions.map(([name]) => `#${name} = :expected_${name}`)].join(' AND '),
        ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
        ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};

/** All documents below a partition key whose sort key begins so, in order. */
export const queryDocuments = async <T>(
  table: string,
  pk: string,
  skPrefix = '',
  options: { newestFirst?: boolean; limit?: number; from?: string; to?: string } = {},
): Promise<T[]> => {
  const below = options.from !== undefined ? 'pk = :pk AND sk BETWEEN :from AND :to' : skPrefix ? 'pk = :pk AND begins_with(sk, :sk)' : 'pk = :pk';
  const values = options.from !== undefined ? { ':from': options.from, ':to': options.to ?? `${skPrefix}\uffff` } : skPrefix ? { ':sk': skPrefix } : {};
  return query<T>({ TableName: table, KeyConditionExpression: below, ExpressionAttributeValues: { ':pk': pk, ...values }, ConsistentRead: true }, options);
};

/** Documents of one list (`gsi1`), by its sort key, optionally between two bounds. */
export const listDocuments = async <T>(table: string, gsi1pk: string, options: { newestFirst?: boolean; limit?: number; from?: string; to?: string } = {}): Promise<T[]> =>
  query<T>(
    {
      TableName: table,
      IndexName: 'gsi1',
      KeyConditionExpression: options.from === undefined ? 'gsi1pk = :pk' : 'gsi1pk = :pk AND gsi1sk BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':pk': gsi1pk, ...(options.from === undefined ? {} : { ':from': options.from, ':to': options.to ?? '\uffff' }) },
    },
    options,
  );

const query = async <T>(
  input: ConstructorParameters<typeof QueryCommand>[0],
  { newestFirst = false, limit = Infinity }: { newestFirst?: boolean; limit?: number },
): Promise<T[]> => {
  const documents: T[] = [];
  let ExclusiveStartKey: Json | undefined;
  do {
    const page = await dynamo().send(
      new QueryCommand({
        ...input,
        ScanIndexForward: !newestFirst,
        ...(Number.isFinite(limit) ? { Limit: limit - documents.length } : {}),
        ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
      }),
    );
    documents.push(...(page.Items ?? []).map((item) => strip<T>(item)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey && documents.length < limit);
  return documents;
};
