import { dynamo } from '../../../lambdas/adapters/clients.ts';

/** One operation on one partition, as the store was asked for it. `consistent`: undefined for writes. `needs`: the permission of what deletes, or may. */
export type Access = { operation: string; partition: string; consistent?: boolean; needs?: 'dynamodb:DeleteItem' | 'dynamodb:BatchWriteItem' };
// biome-ignore lint/suspicious/noExplicitAny: inputs of every command of the client
type Json = any;

const accessesOf = (command: string, input: Json): Access[] => {
  const operation = command.replace(/Command$/, '');
  const one = (partition: unknown, more: Omit<Access, 'operation' | 'partition'> = {}): Access => ({ operation, partition: String(partition), ...more });
  switch (operation) {
    case 'GetItem':
      return [one(input.Key.pk, { consistent: input.ConsistentRead === true })];
    case 'Query': {
      if (!/^(pk|gsi1pk) = :pk( AND |$)/.test(input.KeyConditionExpression)) throw new Error(`a query by ${input.KeyConditionExpression}`);
      const partition = input.ExpressionAttributeValues[':pk'];
      return [input.IndexName ? { operation: `Query ${input.IndexName}`, partition } : one(partition, { consistent: input.ConsistentRead === true })];
    }
    case 'BatchGetItem':
      return Object.values(input.RequestItems as Json).flatMap((asked: Json) => asked.Keys.map(({ pk }: Json) => one(pk, { consistent: asked.ConsistentRead === true })));
    case 'PutItem':
      return [one(input.Item.pk)];
    case 'UpdateItem':
      return [one(input.Key.pk)];
    case 'DeleteItem':
      return [one(input.Key.pk, { needs: 'dynamodb:DeleteItem' })];
    case 'BatchWriteItem':
      return Object.values(input.RequestItems as Json)
        .flat()
        .map(({ PutRequest, DeleteRequest }: Json) => one((PutRequest?.Item ?? DeleteRequest.Key).pk, { needs: 'dynamodb:BatchWriteItem' }));
    case 'TransactWriteItems':
      return input.TransactItems.map(({ Put, Update, Delete, ConditionCheck }: Json) =>
        one(Put ? Put.Item.pk : (Update ?? Delete ?? ConditionCheck).Key.pk, Delete ? { needs: 'dynamodb:DeleteItem' } : {}),
      );
    default:
      throw new Error(`${operation} is no access pattern`);
  }
};

/** What the store is asked for in this process from now on; `taken` answers it and begins anew. */
export const recorder = (): { taken: () => Access[] } => {
  let accesses: Access[] = [];
  dynamo().middlewareStack.add(
    (next, context) => (args) => {
      accesses.push(...accessesOf(String(context.commandName), args.input));
      return next(args);
    },
    { step: 'initialize', name: 'recorder' },
  );
  return {
    taken: () => {
      const taken = accesses;
      accesses = [];
      return taken;
    },
  };
};
