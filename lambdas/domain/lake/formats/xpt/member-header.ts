import type { RefusalReason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { ByteCursor } from './byte-cursor.ts';
import { type SasTemporal, sasTemporal } from './sas-date.ts';

/** Every record of a transport file, padded with blanks. */
export const RECORD_BYTES = 80;

export type XptVersion = 5 | 8;

export type Variable = {
  /** upper-case: SAS names know no case */
  name: string;
  /** of its value in the row */
  at: number;
  bytes: number;
  kind: 'character' | 'number' | SasTemporal;
};

/** One dataset of a transport file, as its header says. */
export type Member = {
  name: string;
  variables: Variable[];
  rowBytes: number;
  /** rows, as version 8 says them; null: not said */
  declaredRows: number | null;
};

/** A place in the file that is not as the record layout says; the message names the place and what is allowed, never a value. */
export class LayoutError extends Error {
  readonly refused: RefusalReason;
  constructor(message: string, refused: RefusalReason = 'malformed') {
    super(message);
    this.refused = refused;
  }
}

/** The kinds of header record, by the 8 characters that name them in versions 5 and 8. */
const HEADERS = {
  library: { 5: 'LIBRARY ', 8: 'LIBV8   ' },
  member: { 5: 'MEMBER  ', 8: 'MEMBV8  ' },
  descriptor: { 5: 'DSCRPTR ', 8: 'DSCPTV8 ' },
  namestr: { 5: 'NAMESTR ', 8: 'NAMSTV8 ' },
  observations: { 5: 'OBS     ', 8: 'OBSV8   ' },
} as const;
type Header = keyof typeof HEADERS;

const headerMark = (name: string): string => `HEADER RECORD*******${name}HEADER RECORD!!!!!!!`;
/** By these a further dataset shows between the rows of one and the next. */
export const memberMark = (version: XptVersion): Buffer => Buffer.from(headerMark(HEADERS.member[version]), 'latin1');

const record = async (cursor: ByteCursor): Promise<Buffer> => {
  const taken = await cursor.take(RECORD_BYTES);
  if (!taken) throw new LayoutError(`the file breaks off in its headers, behind byte ${cursor.position}`);
  return taken;
};

/** The 32 characters behind a header record's name, which hold its numbers. */
const headerNumbers = async (cursor: ByteCursor, header: Header, version: XptVersion): Promise<string> => {
  const at = cursor.position / RECORD_BYTES + 1;
  const text = (await record(cursor)).toString('latin1');
  const mark = headerMark(HEADERS[header][version]);
  if (!text.startsWith(mark)) throw new LayoutError(`record ${at} of 80 bytes must be the ${HEADERS[header][version].trim()} header record`);
  return text.slice(mark.length);
};

/** Reads the library header; the version is that of its name. */
export const readLibraryHeader = async (cursor: ByteCursor): Promise<XptVersion> => {
  const first = (await cursor.take(RECORD_BYTES))?.toString('latin1') ?? '';
  if (first === '' && cursor.ready.length === 0) throw new LayoutError('the file has no bytes', 'empty');
  const version = ([5, 8] as const).find((candidate) => first.startsWith(headerMark(HEADERS.library[candidate])));
  if (!version) throw new LayoutError('the file must begin with the library header record of a SAS transport file, version 5 or 8 (LIBRARY or LIBV8)', 'not-this-format');
  await record(cursor);
  await record(cursor);
  return version;
};

/** Bytes of a variable's description: 140, on VAX/VMS 136. */
const DESCRIPTION_BYTES = [140, 136];
const MAX_VARIABLES = 65_536;
/** So long a row is no table any more: a thousand of the longest texts that SAS knows. */
const MAX_ROW_BYTES = 32 * 1024 * 1024;

/** Reads a dataset's headers; the cursor then stands at its first row. */
export const readMember = async (cursor: ByteCursor, version: XptVersion): Promise<Member> => {
  const sizes = await headerNumbers(cursor, 'member', version);
  const descriptionBytes = Number(sizes.slice(26, 30));
  if (!DESCRIPTION_BYTES.includes(descriptionBytes)) throw new LayoutError('the member header record must say 140 or 136 bytes for a variable’s description');
  await headerNumbers(cursor, 'descriptor', version);
  const name = text((await record(cursor)).subarray(8, version === 8 ? 40 : 16));
  await record(cursor);
  const count = Number((await headerNumbers(cursor, 'namestr', version)).slice(4, 10));
  if (!Number.isInteger(count) || count < 1) throw new LayoutError('the NAMESTR header record must say how many variables there are, at least 1');
  if (count > MAX_VARIABLES) throw new LayoutError(`a dataset must have at most ${MAX_VARIABLES} variables`, 'too-large');
  const described = await cursor.take(padded(count * descriptionBytes));
  if (!described) throw new LayoutError(`the file breaks off in the descriptions of its ${count} variables`);
  const variables = placed(
    Array.from({ length: count }, (_, index) => variableOf(described.subarray(index * descriptionBytes, (index + 1) * descriptionBytes), index + 1, version)),
  );
  const declaredRows = await readToRows(cursor, version, variables);
  const rowBytes = variables.reduce((sum, { bytes }) => sum + bytes, 0);
  return { name: name.toUpperCase(), variables, rowBytes, declaredRows };
};

const padded = (bytes: number): number => Math.ceil(bytes / RECORD_BYTES) * RECORD_BYTES;

/** Character data without their padding: blanks; from some writers NULs. */
const text = (bytes: Buffer): string => bytes.toString('latin1').replace(/[ \0]+$/, '');

type Described = Variable & { saidAt: number };

/** A variable's description, a C structure (`struct NAMESTR`) of big-endian integers. */
const variableOf = (bytes: Buffer, number: number, version: XptVersion): Described => {
  const type = bytes.readInt16BE(0);
  const length = bytes.readInt16BE(4);
  const longName = version === 8 && bytes.length >= 120 ? text(bytes.subarray(88, 120)) : '';
  const name = (longName || text(bytes.subarray(8, 16))).trim().toUpperCase();
  if (type !== 1 && type !== 2) throw new LayoutError(`variable ${number} must be of type 1 (number) or 2 (character)`);
  if (type === 1 ? length < 2 || length > 8 : length < 1) throw new LayoutError(`variable ${number} must be ${type === 1 ? '2 to 8' : '1 to 32767'} bytes long`);
  if (name === '' || /[^\x20-\x7e\xa0-\xff]/.test(name)) throw new LayoutError(`variable ${number} must have a name`);
  return { name, at: 0, bytes: length, kind: type === 2 ? 'character' : kindOf(text(bytes.subarray(56, 64))), saidAt: bytes.readInt32BE(84) };
};

/** Some writers put the width into the name: `DATE9.` for DATE. */
const kindOf = (format: string): Variable['kind'] => sasTemporal(format.trim().replace(/\d*\.?\d*$/, '')) ?? 'number';

/**
 * Values lie in the row one behind the other, in the order of the descriptions. SAS's own macro for version 8 (%LOC2XPT) says the places that
 * they have in SAS's data set, numbers before characters, and still writes them in this order: no reader goes by them. They must fill the row.
 */
const placed = (described: Described[]): Variable[] => {
  let at = 0;
  const names = new Set<string>();
  let filled = 0;
  for (const { saidAt, bytes } of described.every(({ saidAt }) => saidAt === 0) ? [] : described.toSorted((a, b) => a.saidAt - b.saidAt)) {
    if (saidAt !== filled) throw new LayoutError(`the variables’ places must fill a row: one must begin at byte ${filled}`);
    filled += bytes;
  }
  return described.map(({ saidAt: _, ...variable }, index) => {
    if (names.has(variable.name)) throw new LayoutError(`variable ${index + 1} has the name of another`);
    names.add(variable.name);
    const here = { ...variable, at };
    at += variable.bytes;
    if (at > MAX_ROW_BYTES) throw new LayoutError(`a row must be of at most ${MAX_ROW_BYTES} bytes`, 'too-large');
    return here;
  });
};

/** The label extensions of version 8 (LABELV8; LABELV9 where a format's name has more than 8 characters), then the OBS header record. */
const readToRows = async (cursor: ByteCursor, version: XptVersion, variables: Variable[]): Promise<number | null> => {
  const ahead = (await cursor.holds(RECORD_BYTES)) ? cursor.ready.toString('latin1', 0, RECORD_BYTES) : '';
  for (const [header, fields] of [
    ['LABELV8 ', 2],
    ['LABELV9 ', 4],
  ] as const) {
    const mark = headerMark(header);
    if (version === 5 || !ahead.startsWith(mark)) continue;
    await record(cursor);
    const count = Number(ahead.slice(mark.length).trim());
    if (!Number.isInteger(count) || count < 0 || count > variables.length) throw new LayoutError(`the ${header.trim()} header record must say at most ${variables.length} labels`);
    await skipLabels(cursor, count, fields);
  }
  const rows = (await headerNumbers(cursor, 'observations', version)).slice(0, 15);
  // SAS writes the number right-aligned in 15 characters; zeros alone are written by those who do not say it
  return version === 8 && /^ *\d+$/.test(rows) && !/^0{15}$/.test(rows) ? Number(rows) : null;
};

/** A label extension: the variable's number and the lengths of its texts (2 bytes each), then the texts. Long formats are the user's own, none of a date. */
const skipLabels = async (cursor: ByteCursor, count: number, fields: 2 | 4): Promise<void> => {
  const start = cursor.position;
  const broken = () => new LayoutError('the file breaks off in its label extensions');
  for (let label = 0; label < count; label++) {
    const lengths = await cursor.take(2 + 2 * fields);
    if (!lengths) throw broken();
    let bytes = 0;
    for (let field = 1; field <= fields; field++) bytes += lengths.readUInt16BE(2 * field);
    if (!(await cursor.take(bytes))) throw broken();
  }
  const over = (cursor.position - start) % RECORD_BYTES;
  if (over > 0 && !(await cursor.take(RECORD_BYTES - over))) throw broken();
};
