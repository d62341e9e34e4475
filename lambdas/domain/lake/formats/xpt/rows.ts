import type { Finding, Refusal, SetFile } from '../../reading.ts';
import { ByteCursor } from './byte-cursor.ts';
import { decodeValue, type XptEncoding } from './decode-row.ts';
import { LayoutError } from './member-header.ts';
import type { TableRow } from '../table/table-row.ts';
import { type SurveyedMember, survey } from './survey.ts';

/** The rows of every dataset of every file. A file is gone through twice: first whether its layout adds up to its end, then for its values. */
export async function* xptRows(files: readonly SetFile[], encoding: XptEncoding): AsyncGenerator<TableRow | Refusal> {
  for (const file of files) {
    try {
      yield* memberRows(file, await survey(file.open()), encoding);
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      yield { file: file.index, refused: error.refused, detail: error.message };
    }
  }
}

async function* memberRows(file: SetFile, members: SurveyedMember[], encoding: XptEncoding): AsyncGenerator<TableRow> {
  const cursor = new ByteCursor(file.open());
  try {
    for (const [index, member] of members.entries()) {
      await skipTo(cursor, member.start);
      for (let row = 1; row <= member.rows; row++) {
        const bytes = (await cursor.take(member.rowBytes))!;
        yield rowOf(file.index, member, members.length > 1 ? `dataset ${index + 1} row ${row}` : `row ${row}`, bytes, encoding);
      }
    }
  } finally {
    await cursor.close();
  }
}

const skipTo = async (cursor: ByteCursor, position: number): Promise<void> => {
  while (cursor.position < position && (await cursor.holds(1))) cursor.consume(Math.min(cursor.ready.length, position - cursor.position));
};

const rowOf = (file: number, member: SurveyedMember, where: string, bytes: Buffer, encoding: XptEncoding): TableRow => {
  const cells = new Map<string, string | number | null>();
  const findings: Finding[] = [];
  for (const variable of member.variables) {
    const value = decodeValue(bytes, variable, encoding);
    if (value === undefined) findings.push({ field: variable.name, reason: variable.kind === 'character' ? 'wrong-type' : 'unparsable-date' });
    cells.set(variable.name, value ?? null);
  }
  return { file, table: member.name, where, cells, findings, text: () => JSON.stringify(Object.fromEntries(cells)) };
};
