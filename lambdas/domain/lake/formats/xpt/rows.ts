import type { Finding, Refusal, SetFile } from '../../reading.ts';
import { type CompiledMapping, compileMapping, toldColumn } from '../table/compile-mapping.ts';
import type { TableRow } from '../table/table-row.ts';
import { ByteCursor } from './byte-cursor.ts';
import { decodeValue, type XptEncoding } from './decode-row.ts';
import { LayoutError } from './member-header.ts';
import type { XptMap } from './map.ts';
import { type SurveyedMember, survey } from './survey.ts';

/**
 * The rows of every dataset of every file. A file is gone through twice: first whether its layout adds up to its end, then for its values.
 * With `only`, rows of other tables that the map names may stay away.
 */
export async function* xptRows(files: readonly SetFile[], map: XptMap, only?: ReadonlySet<string>): AsyncGenerator<TableRow | Refusal> {
  const compiled = compileMapping(map.mapping);
  for (const file of files) {
    try {
      const members = await survey(file.open());
      if (await keepsAny(file, members, map.encoding, compiled))
        yield* memberRows(file, members, map.encoding, compiled, (name) => !only || only.has(name) || !compiled.tables.has(name));
      else yield { file: file.index, refused: 'not-kept', detail: `a dataset must be one that source ${map.name} keeps: ${[...compiled.tables.keys()].join(', ')}` };
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      yield { file: file.index, refused: error.refused, detail: error.message };
    }
  }
}

/** By its own name, or by that which its rows may say: a domain that is split has datasets of longer names (SDTMIG 3.4, section 4.1.7), such as LBCH. */
const isKept = ({ name, variables }: SurveyedMember, compiled: CompiledMapping): boolean =>
  compiled.tables.has(name) || (compiled.tables.has(name.slice(0, 2)) && variables.some((variable) => variable.name === compiled.mapping.tableFrom?.toUpperCase()));

/** Whether a dataset is kept. Some writers give none its name: the first row of one may say what it is. */
const keepsAny = async (file: SetFile, members: SurveyedMember[], encoding: XptEncoding, compiled: CompiledMapping): Promise<boolean> => {
  if (members.some((member) => isKept(member, compiled))) return true;
  const cursor = new ByteCursor(file.open());
  try {
    for (const member of members) {
      const saying = member.variables.find(({ name }) => name === compiled.mapping.tableFrom?.toUpperCase());
      if (!saying || member.rows === 0) continue;
      await skipTo(cursor, member.start);
      const said = decodeValue((await cursor.take(member.rowBytes))!, saying, encoding);
      if (typeof said === 'string' && compiled.tables.has(said.toUpperCase())) return true;
    }
    return false;
  } finally {
    await cursor.close();
  }
};

async function* memberRows(
  file: SetFile,
  members: SurveyedMember[],
  encoding: XptEncoding,
  compiled: CompiledMapping,
  wanted: (table: string) => boolean,
): AsyncGenerator<TableRow> {
  const cursor = new ByteCursor(file.open());
  try {
    for (const [index, member] of members.entries()) {
      if (!wanted(member.name)) continue;
      await skipTo(cursor, member.start);
      for (let row = 1; row <= member.rows; row++) {
        const bytes = (await cursor.take(member.rowBytes))!;
        yield rowOf(file.index, member, members.length > 1 ? `dataset ${index + 1} row ${row}` : `row ${row}`, bytes, encoding, compiled);
      }
    }
  } finally {
    await cursor.close();
  }
}

const skipTo = async (cursor: ByteCursor, position: number): Promise<void> => {
  while (cursor.position < position && (await cursor.holds(1))) cursor.consume(Math.min(cursor.ready.length, position - cursor.position));
};

const rowOf = (file: number, member: SurveyedMember, where: string, bytes: Buffer, encoding: XptEncoding, compiled: CompiledMapping): TableRow => {
  const cells = new Map<string, string | number | null>();
  const findings: Finding[] = [];
  for (const variable of member.variables) {
    const value = decodeValue(bytes, variable, encoding);
    if (value === undefined) findings.push({ field: toldColumn(compiled, variable.name), reason: variable.kind === 'character' ? 'wrong-type' : 'unparsable-date' });
    cells.set(variable.name, value ?? null);
  }
  return { file, table: member.name, where, cells, findings, text: () => JSON.stringify(Object.fromEntries(cells)) };
};
