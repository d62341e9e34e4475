import type { Withdrawal } from '../contracts/withdrawal.ts';
import { createDocument, getDocument, listDocuments } from './documents.ts';

export type Withdrawn = Pick<Withdrawal, 'personId' | 'withdrawnAt' | 'withdrawnBy'>;
const address = (personId: number) => ({ pk: `WITHDRAWAL#${personId}`, sk: 'WITHDRAWAL' });
const ALL = 'WITHDRAWALS';

/** The first withdrawal stands; it is never taken back. */
export const putWithdrawal = async (table: string, withdrawn: Withdrawn): Promise<Withdrawn> => {
  const listing = { gsi1pk: ALL, gsi1sk: `${withdrawn.withdrawnAt}#${withdrawn.personId}` };
  if (await createDocument(table, address(withdrawn.personId), withdrawn, listing)) return withdrawn;
  return (await getDocument<Withdrawn>(table, address(withdrawn.personId)))!;
};

/** The person_id of everyone who withdrew. */
export const withdrawnPeople = async (table: string): Promise<ReadonlySet<number>> => new Set((await listDocuments<Withdrawn>(table, ALL)).map(({ personId }) => personId));
