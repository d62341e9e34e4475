import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { dynamo } from '../clients.ts';

/** DynamoDB's own limits: items of a transaction, and their bytes (4 MB, less what the keys take). */
export const MOST_ITEMS = 100;
export const MOST_BYTES = 3_500_000;
const ATTEMPTS = 10;

/** True when all was written, false when a condition did not hold. A transaction that met another is tried again. */
export const transact = async (items: TransactWriteCommandInput['TransactItems']): Promise<boolean> => {
  for (let attempt = 1; ; attempt++) {
    try {
      await dynamo().send(new TransactWriteCommand({ TransactItems: items }));
      return true;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = error.CancellationReasons?.map(({ Code }) => Code) ?? [];
      if (codes.includes('ConditionalCheckFailed')) return false;
      if (!codes.includes('TransactionConflict') || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
    }
  }
};
