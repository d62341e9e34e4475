import type { Finding } from '../../reading.ts';

/** A row of a named table as a format's parser makes it, before a map makes OMOP rows of it. It is PHI. */
export type TableRow = {
  /** the file's place in the set, from 0 */
  file: number;
  /** dataset, domain or item group, in upper case */
  table: string;
  /** `row 3`, `line 17`: a place, never a key or a name */
  where: string;
  /** values by column, upper-case; text without padding, dates and times as ISO 8601 (partial ones as they are) */
  cells: ReadonlyMap<string, string | number | null>;
  /** the record's name in all files of the source, where the format itself gives it one; else the map names its key columns */
  record?: string;
  /** what the parser finds wrong: the row is left out, with what the map finds as well */
  findings?: readonly Finding[];
  /** the source's own text, for the quarantine */
  text: () => string;
};
