import type { Row } from './iwpc-row.ts';
import type { Random } from './random.ts';

/** Invented people: example.org addresses, 555-01xx numbers; none exists. */
export const NAMES = [
  'Maribel Quintanar',
  'Tobias Wrenfield',
  'Ingrid Solhaug',
  'Kwabena Ofosu-Tannor',
  'Haruka Minamoto',
  'Desmond Aldercroft',
  'Pilar Echegoyen',
  'Ruth Abernethy-Vance',
];
const STREETS = ['14 Larkspur Hollow', '2207 Old Cannery Row', '9 Thistledown Crescent', '311 Copper Beech Lane'];
const FREE_TEXT = ['Comorbidities', 'Medications', 'Comments regarding Project Site Dataset'] as const;

export type Planted = { strings: string[] };

/** Writes personal data into a row's free-text columns and notes every string. */
export const plantPhi = (random: Random, rows: readonly Row[], count: number): Planted => {
  const strings = new Set<string>(NAMES);
  const note = (text: string): string => {
    strings.add(text);
    return text;
  };
  for (let planted = 0; planted < count; planted++) {
    const row = random.pick(rows);
    const name = note(random.pick(NAMES));
    const phone = note(`555-01${random.integer(10, 99)}`);
    const mrn = note(`MRN ${random.integer(10_000_000, 99_999_999)}`);
    const email = note(`${name.split(' ')[0]!.toLowerCase()}.${random.integer(10, 99)}@mail.example.org`);
    const address = note(random.pick(STREETS));
    const column = random.pick(FREE_TEXT);
    row[column] = random.pick([
      `${row[column]}; spoke to ${name}, call ${phone}`,
      `pt. "${name}", ${mrn}; ${email}`,
      `${name}, ${address}, lives alone; ${mrn}`,
      `letter sent to ${email}; ${address}`,
    ]);
  }
  return { strings: [...strings].sort() };
};
