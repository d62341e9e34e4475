import type { IngestReport } from '../../lambdas/contracts/upload.ts';
import { HEADER, type Row, lineOf } from './iwpc-row.ts';
import { NAMES } from './planted-phi.ts';
import type { Random } from './random.ts';

/** One kind of bad row: how many, what ingest must say of each, and how the good row is spoiled. */
type Dirt = { reason: string; column?: string; count: number; spoil: (line: { row: Row }) => string };

const withCell =
  (column: string, value: string) =>
  ({ row }: { row: Row }) =>
    lineOf({ ...row, [column]: value });
const cell = (reason: string, column: string, value: string, count = 1): Dirt => ({ reason, column, count, spoil: withCell(column, value) });

export const DIRT: readonly Dirt[] = [
  cell('unparsable-number', 'Height (cm)', '5 ft 9', 2),
  cell('unparsable-number', 'Weight (kg)', '72,5'),
  // personal data in a number's place: it may reach the quarantine and nothing else
  cell('unparsable-number', 'Therapeutic Dose of Warfarin', `ask ${NAMES[0]}`),
  cell('impossible-value', 'Height (cm)', '1.72', 2),
  cell('impossible-value', 'Weight (kg)', '8200'),
  cell('impossible-value', 'Therapeutic Dose of Warfarin', '3500'),
  cell('impossible-value', 'INR on Reported Therapeutic Dose of Warfarin', '250'),
  cell('unknown-genotype', 'CYP2C9 consensus', '*1/*99', 2),
  cell('unknown-genotype', 'VKORC1 -1639 consensus', 'A/T'),
  cell('unknown-code', 'Gender', 'f/m'),
  cell('missing-key', 'PharmGKB Subject ID', '', 2),
  cell('missing-site', 'Project Site', 'NA'),
  { reason: 'wrong-column-count', count: 2, spoil: ({ row }) => lineOf(row).split(',').slice(0, 40).join(',') },
  { reason: 'malformed-row', count: 1, spoil: ({ row }) => lineOf({ ...row, Comorbidities: 'STRAY' }).replace('STRAY', '"open quote') },
];
const DUPLICATES = 2;

/**
 * Adds bad rows between the good ones: fresh patients (`spare`) spoiled, and later copies of rows that stand before. Answers the lines
 * and the report that ingest must give of the quarantine.
 */
export const withDirt = (
  random: Random,
  good: readonly Row[],
  spare: () => Row,
): { lines: string[]; expected: Pick<IngestReport, 'read' | 'admitted' | 'quarantinedRows' | 'quarantined'> } => {
  const lines = good.map(lineOf);
  const quarantined: { reason: string; column?: string; count: number }[] = [];
  for (const { reason, column, count, spoil } of DIRT) {
    for (let bad = 0; bad < count; bad++) lines.splice(random.integer(1, lines.length), 0, spoil({ row: spare() }));
    quarantined.push({ reason, ...(column ? { column } : {}), count });
  }
  for (let copy = 0; copy < DUPLICATES; copy++) lines.push(lineOf(random.pick(good)));
  quarantined.push({ reason: 'duplicate-key', column: HEADER[0]!, count: DUPLICATES });
  const bad = quarantined.reduce((sum, { count }) => sum + count, 0);
  quarantined.sort((a, b) => (`${a.reason} ${a.column ?? ''}` < `${b.reason} ${b.column ?? ''}` ? -1 : 1));
  return { lines, expected: { read: lines.length, admitted: good.length, quarantinedRows: bad, quarantined } };
};
