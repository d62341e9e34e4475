import { ByteCursor } from './byte-cursor.ts';
import { LayoutError, type Member, memberMark, RECORD_BYTES, readLibraryHeader, readMember, type XptVersion } from './member-header.ts';

/** A dataset, where its rows begin in the file, and how many they are. */
export type SurveyedMember = Member & { start: number; rows: number };

/**
 * Goes through a file once without reading its values: its datasets and the number of their rows, which version 5 does not say. What breaks
 * off or does not add up is found here, before any row is read.
 */
export const survey = async (chunks: AsyncIterable<Uint8Array>): Promise<SurveyedMember[]> => {
  const cursor = new ByteCursor(chunks);
  try {
    const version = await readLibraryHeader(cursor);
    const members: SurveyedMember[] = [];
    while (await cursor.holds(1)) {
      if (members.length === MAX_MEMBERS) throw new LayoutError(`a file must hold at most ${MAX_MEMBERS} datasets`, 'too-large');
      const member = await readMember(cursor, version);
      const start = cursor.position;
      members.push({ ...member, start, rows: rowCount(member, await walkRows(cursor, version), members.length + 1) });
    }
    if (members.length === 0) throw new LayoutError('the file breaks off behind its library header: it holds no dataset');
    return members;
  } finally {
    await cursor.close();
  }
};

const MAX_MEMBERS = 10_000;

/** The bytes up to the next dataset or the end of the file, and how many of them come before the blanks at their end. */
type Extent = { bytes: number; withoutBlanks: number };

const walkRows = async (cursor: ByteCursor, version: XptVersion): Promise<Extent> => {
  const mark = memberMark(version);
  const start = cursor.position;
  let withoutBlanks = 0;
  while (await cursor.holds(RECORD_BYTES)) {
    const whole = cursor.ready.subarray(0, cursor.ready.length - (cursor.ready.length % RECORD_BYTES));
    const next = alignedIndexOf(whole, mark);
    const rows = next < 0 ? whole : whole.subarray(0, next);
    const filled = filledLength(rows);
    if (filled > 0) withoutBlanks = cursor.position - start + filled;
    cursor.consume(rows.length);
    if (next >= 0) break;
  }
  if (cursor.ready.length % RECORD_BYTES > 0 && cursor.ready.length < RECORD_BYTES) {
    throw new LayoutError('the file breaks off: its length must be a multiple of 80 bytes');
  }
  return { bytes: cursor.position - start, withoutBlanks };
};

const alignedIndexOf = (records: Buffer, mark: Buffer): number => {
  let at = records.indexOf(mark);
  while (at >= 0 && at % RECORD_BYTES !== 0) at = records.indexOf(mark, at + 1);
  return at;
};

const filledLength = (bytes: Buffer): number => {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0x20) length -= 1;
  return length;
};

/**
 * How many rows there are. Version 8 says it. In version 5 blanks up to 80 bytes fill the last record; a blank row is a row only where
 * these cannot be what it is, and never where the dataset has numbers, since no number is written as blanks.
 */
const rowCount = ({ rowBytes, variables, declaredRows }: Member, { bytes, withoutBlanks }: Extent, number: number): number => {
  const breaksOff = () => new LayoutError(`dataset ${number} of the file breaks off in a row; a row is ${rowBytes} bytes long`);
  const hasNumbers = variables.some(({ kind }) => kind !== 'character');
  const filled = Math.ceil(withoutBlanks / rowBytes);
  if (declaredRows !== null) {
    if (declaredRows * rowBytes > bytes) throw breaksOff();
    if (filled > declaredRows) throw new LayoutError(`dataset ${number} of the file holds more than the ${declaredRows} rows that its header says`);
    return declaredRows;
  }
  const beyondPadding = hasNumbers || bytes === 0 ? 0 : Math.floor((bytes - RECORD_BYTES) / rowBytes) + 1;
  const rows = Math.max(filled, beyondPadding);
  if (rows * rowBytes > bytes) throw breaksOff();
  return rows;
};
