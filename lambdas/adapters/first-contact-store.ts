import type { FirstDay } from './curation.ts';
import { createDocument, getDocument } from './documents.ts';

const address = (personId: number) => ({ pk: `PERSON#${personId}`, sk: 'FIRST-CONTACT' });
const AT_ONCE = 16;

/**
 * Each person's first contact, YYYY-MM-DD: the day that the first ingest told stands for good, so that all later dates of the person keep
 * their distance to those that are in the lake.
 */
export const firstContacts = async (table: string, days: readonly FirstDay[]): Promise<Map<number, string>> => {
  const known = new Map<number, string>();
  for (let from = 0; from < days.length; from += AT_ONCE) {
    await Promise.all(days.slice(from, from + AT_ONCE).map(async ({ personId, date }) => known.set(personId, await firstContact(table, personId, date))));
  }
  return known;
};

const firstContact = async (table: string, personId: number, date: string): Promise<string> => {
  const standing = await getDocument<{ date: string }>(table, address(personId));
  if (standing) return standing.date;
  if (await createDocument(table, address(personId), { date })) return date;
  return (await getDocument<{ date: string }>(table, address(personId)))!.date;
};
