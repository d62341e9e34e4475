import { GENES } from '../../../pharmacogenomics/genes.ts';
import { chromosomeOf } from './chromosomes.ts';
import type { Judge } from './scan-lines.ts';

const TAB = 9;
const CARRIAGE_RETURN = 13;
const FULL_STOP = 46;
const ZERO = 48;
const NINE = 57;
const LESS_THAN = 60;
const MAX_CHROM_BYTES = 200;

/** A REF may begin this far before a position and reach it. */
const MAX_REF_REACH = 1000;

type Span = { first: number; last: number };
type Region = { spans: readonly Span[]; reach: Span; grch37: ReadonlySet<number> };

const regionOf = (chromosome: string): Region => {
  const genes = GENES.filter((gene) => gene.chromosome === chromosome);
  const spans = genes.flatMap(({ positions }) =>
    positions.map(({ position, ref, window }) => ({ first: position, last: Math.max(position + ref.length, window ? window.start + window.sequence.length : 0) - 1 })),
  );
  return {
    spans,
    reach: { first: Math.min(...spans.map(({ first }) => first)), last: Math.max(...spans.map(({ last }) => last)) },
    grch37: new Set(genes.flatMap(({ positions, grch37 }) => positions.map(({ position }) => position + grch37.offset))),
  };
};

const REGIONS: ReadonlyMap<string, Region> = new Map([...new Set(GENES.map(({ chromosome }) => chromosome))].map((chromosome) => [chromosome, regionOf(chromosome)]));

/**
 * Takes the records that can say something of a gene: that touch one of its positions, lie where GRCh37 has one, or, where blocks are read,
 * that are blocks beginning before its end. It looks at bytes; CHROM is compared with the line's before.
 */
export class LineJudge {
  /** chromosomes of genes of which there was a record */
  readonly chromosomes = new Set<string>();
  /** a CHROM is an accession of another build */
  otherBuild = false;
  readonly #blocks: boolean;
  #chrom: Buffer = Buffer.alloc(0);
  #region: Region | null = null;
  #names = 0;
  #knownNames = 0;

  constructor(blocks: boolean) {
    this.#blocks = blocks;
  }

  /** There were records, but no CHROM was a name that is known. */
  get nameless(): boolean {
    return this.#names > 0 && this.#knownNames === 0;
  }

  readonly judge: Judge = (bytes, start, end, whole) => {
    let at = start + this.#chrom.length;
    if (at >= end || bytes[at] !== TAB || !startsWith(bytes, start, this.#chrom)) {
      const limit = Math.min(end, start + MAX_CHROM_BYTES);
      for (at = start; at < limit && bytes[at] !== TAB; at += 1);
      if (end - start <= 1 && (end === start || bytes[start] === CARRIAGE_RETURN)) return 'pass';
      if (at >= limit || at === start) return 'malformed';
      this.#enter(bytes.subarray(start, at));
    }
    const region = this.#region;
    if (!region) return 'pass';
    let position = 0;
    const digits = at + 1;
    for (at = digits; at < end && bytes[at] !== TAB; at += 1) {
      const byte = bytes[at]!;
      if (byte < ZERO || byte > NINE || at - digits > 9) return 'malformed';
      position = position * 10 + byte - ZERO;
    }
    if (at >= end || at === digits) return 'malformed';
    if (region.grch37.has(position)) return 'take';
    if (position > region.reach.last) return 'pass';
    if (position < region.reach.first - MAX_REF_REACH && !this.#blocks) return 'pass';
    const ref = nextTab(bytes, at + 1, end) + 1;
    const alt = nextTab(bytes, ref, end) + 1;
    if (alt >= end) return whole ? 'malformed' : 'take';
    if (this.#blocks && (bytes[alt] === LESS_THAN || bytes[alt] === FULL_STOP)) return 'take';
    const last = position + (alt - 1 - ref) - 1;
    return region.spans.some((span) => position <= span.last && last >= span.first) ? 'take' : 'pass';
  };

  #enter(chrom: Buffer): void {
    this.#chrom = Buffer.from(chrom);
    const name = chromosomeOf(chrom.toString('latin1'));
    this.#names += 1;
    if (name) this.#knownNames += 1;
    this.#region = REGIONS.get(name?.chromosome ?? '') ?? null;
    if (this.#region) {
      this.chromosomes.add(name!.chromosome);
      this.otherBuild ||= name!.otherBuild;
    }
  }
}

const startsWith = (bytes: Buffer, start: number, prefix: Buffer): boolean => {
  // from the end: names differ in their last letters
  for (let index = prefix.length - 1; index >= 0; index -= 1) if (prefix[index] !== bytes[start + index]) return false;
  return prefix.length > 0;
};

const nextTab = (bytes: Buffer, from: number, end: number): number => {
  let at = from;
  while (at < end && bytes[at] !== TAB) at += 1;
  return at;
};
