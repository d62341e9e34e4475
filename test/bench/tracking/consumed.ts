import { dynamo } from '../../../lambdas/adapters/clients.ts';

/** USD a million, AWS's public price list for US East (N. Virginia): docs/cost.md. */
export const PRICES = {
  writeUnit: 0.625,
  readUnit: 0.125,
  httpApiRequest: 1,
  lambdaRequest: 0.2,
  /** a million GB-seconds on arm64 */
  lambdaGbSecond: 13.3334,
  sqsRequest: 0.4,
  event: 1,
};

type Item = Record<string, unknown>;
const encoder = new TextEncoder();

/** As DynamoDB counts an item, bytes. */
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return encoder.encode(value).length;
  if (typeof value === 'number') return Math.ceil(String(value).replace(/^-?0?\.?0*/, '').length / 2) + 1;
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return 3 + value.reduce<number>((sum, member) => sum + sizeOf(member) + 1, 0);
  if (value !== null && typeof value === 'object') return 3 + Object.entries(value).reduce((sum, [name, member]) => sum + encoder.encode(name).length + sizeOf(member) + 1, 0);
  return 1;
};
const itemSize = (item: Item): number => Object.entries(item).reduce((sum, [name, value]) => sum + encoder.encode(name).length + sizeOf(value), 0);
const reads = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4096));
const writes = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024));

const share = ({ ConsistentRead }: { ConsistentRead?: boolean }): number => (ConsistentRead ? 1 : 0.5);

export type Consumed = { readUnits: number; writeUnits: number; requests: number };
// biome-ignore lint/suspicious/noExplicitAny: inputs and outputs of every command of the client
type Json = any;

/**
 * Units that DynamoDB would count, from the items that pass: reads by what is read, half where they need not be consistent; writes by the item's size, transactions twice.
 * The local cloud's own figures are constants. A deletion counts as the smallest write.
 */
const unitsOf = (command: string, input: Json, output: Json): Omit<Consumed, 'requests'> => {
  const put = (item: Item | undefined): number => (item ? writes(itemSize(item)) : 1);
  switch (command) {
    case 'GetItemCommand':
      return { readUnits: reads(output.Item ? itemSize(output.Item) : 0) * share(input), writeUnits: 0 };
    case 'QueryCommand':
      return { readUnits: reads((output.Items ?? []).reduce((sum: number, item: Item) => sum + itemSize(item), 0)) * share(input), writeUnits: 0 };
    case 'BatchGetItemCommand': {
      const readUnits = Object.entries(input.RequestItems as Record<string, { Keys: unknown[]; ConsistentRead?: boolean }>).reduce((sum, [table, asked]) => {
        const found = (output.Responses?.[table] ?? []) as Item[];
        return sum + found.reduce((units, item) => units + reads(itemSize(item)), asked.Keys.length - found.length) * share(asked);
      }, 0);
      return { readUnits, writeUnits: 0 };
    }
    case 'PutItemCommand':
      return { readUnits: 0, writeUnits: put(input.Item) };
    case 'UpdateItemCommand':
      return { readUnits: 0, writeUnits: put(output.Attributes) };
    case 'DeleteItemCommand':
      return { readUnits: 0, writeUnits: 1 };
    case 'BatchWriteItemCommand':
      return {
        readUnits: 0,
        writeUnits: Object.values(input.RequestItems as Record<string, Json[]>)
          .flat()
          .reduce((sum, { PutRequest }) => sum + put(PutRequest?.Item), 0),
      };
    case 'TransactWriteItemsCommand':
      return { readUnits: 0, writeUnits: (input.TransactItems as Json[]).reduce((sum, { Put }) => sum + put(Put?.Item) * 2, 0) };
    default:
      throw new Error(`units of ${command} are not known`);
  }
};

/** Counts what the store consumes in this process from now on. */
export const meter = (): { consumed: Consumed } => {
  const counter = { consumed: { readUnits: 0, writeUnits: 0, requests: 0 } };
  dynamo().middlewareStack.add(
    (next, context) => async (args) => {
      const input = args.input as Json;
      // an update's cost is its item's size, which only its answer tells
      const command = String(context.commandName);
      const result = await next(command === 'UpdateItemCommand' && !input.ReturnValues ? { ...args, input: { ...input, ReturnValues: 'ALL_NEW' } } : args);
      const { readUnits, writeUnits } = unitsOf(command, input, result.output);
      counter.consumed = { readUnits: counter.consumed.readUnits + readUnits, writeUnits: counter.consumed.writeUnits + writeUnits, requests: counter.consumed.requests + 1 };
      return result;
    },
    { step: 'initialize', name: 'meter' },
  );
  return counter;
};

export type Called = { consumed: Consumed; milliseconds: number; gib: number; requests: number; events: number };

/** A million times, USD: what the store consumed, the API, the function for as long as it ran with its memory, the audit's queue, registry events. */
export const perMillion = ({ consumed, milliseconds, gib, requests, events }: Called): number =>
  consumed.readUnits * PRICES.readUnit +
  consumed.writeUnits * PRICES.writeUnit +
  requests * (PRICES.httpApiRequest + PRICES.lambdaRequest + PRICES.sqsRequest) +
  (milliseconds / 1000) * gib * PRICES.lambdaGbSecond +
  events * PRICES.event;
