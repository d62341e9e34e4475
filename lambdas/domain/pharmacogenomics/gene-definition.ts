import * as z from 'zod';

const Bases = z.string().regex(/^[ACGT]+$/);

const Position = z.strictObject({
  position: z.int().positive().describe('GRCh38, from 1, leftmost form'),
  rsid: z
    .string()
    .regex(/^rs\d+$/)
    .nullable(),
  ref: Bases,
  alts: z.array(Bases).min(1).max(8),
  window: z.strictObject({ start: z.int(), sequence: Bases }).optional().describe('the reference over which a deletion may be written in other places'),
});
export type Position = z.infer<typeof Position>;

/** A gene's named alleles, as config/pharmacogenomics holds them. */
const GeneDefinition = z.strictObject({
  gene: z.string(),
  version: z.string(),
  source: z.string(),
  licence: z.string(),
  build: z.string().startsWith('GRCh38'),
  chromosome: z.string(),
  refSeq: z.string(),
  grch37: z.strictObject({ offset: z.int().describe('position on GRCh37 less position on GRCh38'), source: z.string() }),
  required: z.strictObject({ positions: z.array(z.int()), source: z.string() }).describe('without these a diplotype is partial'),
  reported: z.strictObject({
    diplotype: z.string().nullable().describe('the concept of the diplotype'),
    genotypes: z.array(z.strictObject({ position: z.int(), concept: z.string(), alleles: z.record(Bases, z.string()) })),
  }),
  positions: z.array(Position).min(1),
  alleles: z.array(
    z.strictObject({ name: z.string(), id: z.string(), reference: z.literal(true).optional(), defined: z.record(z.string(), z.string().regex(/^[ACGTRYSWKMBDHVN]+$/)).optional() }),
  ),
});

/** A base of the reference is code 0, the alternatives of the definition 1 and on. */
export const REFERENCE = 0;

/** One named allele over all positions of its gene. */
export type NamedAllele = {
  name: string;
  reference: boolean;
  /** by position: bit `code` is set where the allele may have that code */
  allowed: readonly number[];
  /** the positions that the allele says itself, as indices; all of them for the reference allele */
  defined: readonly number[];
  /** of these the ones at which more than one base is allowed */
  wobbles: readonly number[];
};

export type Gene = Omit<z.infer<typeof GeneDefinition>, 'alleles' | 'required'> & {
  alleles: readonly NamedAllele[];
  /** indices of positions */
  required: readonly number[];
};

/** IUPAC-IUB codes of bases, Nucleic Acids Res 1985;13:3021-30. */
const IUPAC: Readonly<Record<string, string>> = { R: 'AG', Y: 'CT', S: 'CG', W: 'AT', K: 'GT', M: 'AC', B: 'CGT', D: 'AGT', H: 'ACT', V: 'ACG', N: 'ACGT' };

const codeOf = ({ ref, alts }: Position, bases: string): number | null => {
  if (bases === ref) return REFERENCE;
  const index = alts.indexOf(bases);
  return index < 0 ? null : index + 1;
};

const allowedCodes = (position: Position, allele: string): number => {
  // of a wobble's bases the position may lack some
  const codes = [...(IUPAC[allele] ?? [allele])].map((bases) => codeOf(position, bases)).filter((code) => code !== null);
  if (codes.length === 0) throw new RangeError(`position ${position.position} has no allele ${allele}`);
  return codes.reduce((bits, code) => bits | (1 << code), 0);
};

export const readGene = (json: unknown): Gene => {
  const { alleles, required, ...definition } = GeneDefinition.parse(json);
  const indexOf = new Map(definition.positions.map(({ position }, index) => [position, index]));
  const index = (position: number): number => {
    const found = indexOf.get(position);
    if (found === undefined) throw new RangeError(`${definition.gene} has no position ${position}`);
    return found;
  };
  for (const { position } of definition.reported.genotypes) index(position);
  return {
    ...definition,
    required: required.positions.map(index),
    alleles: alleles.map(({ name, reference = false, defined = {} }) => {
      const allowed = definition.positions.map(() => 1 << REFERENCE);
      const said = Object.entries(defined).map(([position, allele]) => {
        const at = index(Number(position));
        allowed[at] = allowedCodes(definition.positions[at]!, allele);
        return at;
      });
      const wobbles = said.filter((at) => (allowed[at]! & (allowed[at]! - 1)) !== 0);
      return { name, reference, allowed, defined: reference ? definition.positions.map((_, at) => at) : said.sort((a, b) => a - b), wobbles };
    }),
  };
};
