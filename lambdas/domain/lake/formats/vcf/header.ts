import VCFParser from '@gmod/vcf';
import type { RefusalReason } from '../../../../../config/catalog/quarantine-reasons.ts';
import { headerBuild } from './reference-build.ts';

export type VcfHeader = {
  parser: VCFParser;
  samples: readonly string[];
  /** `YYYY-MM-DD` of ##fileDate, or null */
  fileDate: string | null;
  build: 'GRCh38' | null;
  /** AD is one depth per allele, REF first; otherwise it is not read */
  depthPerAllele: boolean;
};

export type RefusedHeader = { refused: RefusalReason; detail: string };

/** The meta-information that is read; what else stands there is passed over. */
const READ_KEYS = new Set(['fileformat', 'fileDate', 'reference', 'contig', 'FORMAT']);
const COLUMNS = ['#CHROM', 'POS', 'ID', 'REF', 'ALT', 'QUAL', 'FILTER', 'INFO', 'FORMAT'];
const MINOR_VERSIONS = [0, 1, 2, 3, 4, 5];

/** What the first line says, before more is read: null where it opens a VCF 4. */
export const refusedFirstLine = (line: string): RefusedHeader | null => {
  const [, major, minor] = /^##fileformat=VCFv(\d{1,2})\.(\d{1,2})$/.exec(line) ?? [];
  if (major === undefined) return { refused: 'not-this-format', detail: 'the first line must be ##fileformat=VCFv4.x' };
  if (major === '4' && MINOR_VERSIONS.includes(Number(minor))) return null;
  return { refused: 'wrong-version', detail: `the file is VCFv${major}.${minor}; VCFv4.0 to VCFv4.${MINOR_VERSIONS.at(-1)} are read` };
};

/** Reads the lines up to and with `#CHROM`. */
export const readHeader = (lines: readonly string[]): VcfHeader | RefusedHeader => {
  const malformed = (detail: string): RefusedHeader => ({ refused: 'malformed', detail });
  const kept: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.includes('\r')) return malformed(`line ${index + 1} of the header has a carriage return within`);
    if (!line.startsWith('##')) continue;
    const key = /^##([^=]+)=/.exec(line)?.[1];
    if (key === undefined) return malformed(`line ${index + 1} of the header is not ##key=value`);
    if (READ_KEYS.has(key)) kept.push(line);
  }
  const last = lines.at(-1)!;
  const columns = last.split('\t');
  if (COLUMNS.slice(0, 8).some((name, index) => columns[index] !== name)) return malformed(`line ${lines.length} must begin ${COLUMNS.slice(0, 8).join(' ')}, with a tab between`);
  if (columns.length < 10) return { refused: 'not-this-format', detail: 'the file has no sample columns, only sites' };
  if (columns[8] !== 'FORMAT') return malformed(`column 9 of line ${lines.length} must be FORMAT`);
  const samples = columns.slice(9);
  const empty = samples.findIndex((name) => name.trim() === '');
  if (empty >= 0) return malformed(`sample ${empty + 1} has no name`);
  const unreadable = samples.findIndex((name) => name.includes('\uFFFD'));
  // letters that were lost in the reading could make one person of two
  if (unreadable >= 0) return malformed(`the name of sample ${unreadable + 1} is not UTF-8`);
  if (new Set(samples).size < samples.length) return malformed(`sample ${samples.findIndex((name, index) => samples.indexOf(name) !== index) + 1} has the name of an earlier one`);
  let parser: VCFParser;
  try {
    parser = new VCFParser({ header: [...kept, last].join('\n'), strict: false });
  } catch {
    return malformed('the header cannot be read');
  }
  const isPlink = lines.some((line) => line.startsWith('##source=PLINK'));
  const build = headerBuild(kept.filter((line) => line.startsWith('##reference=')).join('\n'), contigsOf(parser), isPlink);
  if ('wrong' in build) return { refused: 'wrong-reference-build', detail: `${build.wrong}; GRCh38 is read` };
  const depthNumber = textOf(parser.getMetadata('FORMAT', 'AD', 'Number'));
  return { parser, samples, fileDate: dateOf(textOf(parser.getMetadata('fileDate'))), build: build.build, depthPerAllele: depthNumber === null || depthNumber === 'R' };
};

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null);

const contigsOf = (parser: VCFParser) => {
  const contigs = parser.getMetadata('contig');
  if (typeof contigs !== 'object' || contigs === null) return [];
  return Object.entries(contigs as Record<string, unknown>).map(([id, said]) => {
    const { assembly, length } = (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>;
    return { id, assembly: textOf(assembly), length: /^\d{1,10}$/.test(textOf(length) ?? '') ? Number(length) : null };
  });
};

/** `20211216`, `2021-03-31T16:53:29-07:00` → the day; anything else is no date. */
const dateOf = (text: string | null): string | null => {
  const [, year, month, day] = /^(\d{4})-?(\d{2})-?(\d{2})(?!\d)/.exec(text ?? '') ?? [];
  const date = `${year}-${month}-${day}`;
  const at = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== date ? null : date;
};
