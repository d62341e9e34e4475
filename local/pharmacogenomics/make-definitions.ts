/**
 * Makes config/pharmacogenomics/*.json from PharmCAT's allele definitions: `node local/pharmacogenomics/make-definitions.ts FOLDER`, where
 * FOLDER is `src/main/resources/org/pharmgkb/pharmcat/definition/alleles` of a PharmCAT checkout.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const Variant = z.object({
  position: z.int(),
  cpicPosition: z.int(),
  rsid: z.string().nullable(),
  ref: z.string(),
  alts: z.array(z.string()),
  cpicToVcfAlleleMap: z.record(z.string(), z.string()),
});
const Translation = z.object({
  version: z.string(),
  gene: z.string(),
  chromosome: z.string(),
  genomeBuild: z.string(),
  refSeqChromosomeId: z.string(),
  variants: z.array(Variant),
  namedAlleles: z.array(z.object({ name: z.string(), id: z.string(), reference: z.boolean(), alleles: z.array(z.string().nullable()) })),
});

const PYPGX = 'sbslee/pypgx fa6b9f7, pypgx/api/data/variant-table.csv (MIT): the same for every one of its variants of the gene';
const AMP = 'PharmCAT exemptions.json, amp1Positions: AMP tier 1 (Pratt VM et al., J Mol Diagn 2019;21:746-55 and 2020;22:847-59)';

/** What the definitions do not say. */
const GENES = [
  {
    file: 'cyp2c9',
    grch37: { offset: 1_759_757, source: PYPGX },
    required: { positions: [94942290, 94942309, 94949281, 94981224, 94981296, 94981301], source: AMP },
    reported: { diplotype: 'cyp2c9', genotypes: [] },
  },
  {
    file: 'vkorc1',
    grch37: { offset: 11_321, source: PYPGX },
    required: { positions: [31096368], source: AMP },
    // the gene lies on the minus strand: genomic C>T is -1639 G>A
    reported: { diplotype: null, genotypes: [{ position: 31096368, concept: 'vkorc1_1639', alleles: { C: 'G', T: 'A' } }] },
  },
  {
    file: 'cyp4f2',
    grch37: { offset: 110_810, source: PYPGX },
    required: { positions: [15879621], source: 'CYP4F2*3 is the allele that the CPIC warfarin guideline doses by (Johnson JA et al., Clin Pharmacol Ther 2017;102:397-404)' },
    reported: { diplotype: 'cyp4f2', genotypes: [{ position: 15879621, concept: 'cyp4f2_rs2108622', alleles: { C: 'C', T: 'T' } }] },
  },
];

/** The reference around a deletion over which it may be written in other places: from its leftmost (VCF) to its rightmost (HGVS) form. */
const windowOf = ({ position, cpicPosition, ref, cpicToVcfAlleleMap }: z.infer<typeof Variant>): { window?: { start: number; sequence: string } } => {
  if (ref.length === 1) return {};
  const rightmost = Object.keys(cpicToVcfAlleleMap).find((name) => cpicToVcfAlleleMap[name] === ref)!;
  const overlap = position + ref.length - cpicPosition;
  if (overlap < 0) throw new RangeError(`position ${position}: the definitions do not say the bases between its two forms`);
  if (!rightmost.startsWith(ref.slice(ref.length - overlap).slice(0, rightmost.length))) throw new RangeError(`position ${position}: its two forms do not agree`);
  return { window: { start: position, sequence: ref + rightmost.slice(overlap) } };
};

const lines = (entries: readonly unknown[]): string => `[\n${entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`;

const [, , folder] = process.argv;
if (!folder) throw new Error('name the folder of PharmCAT’s *_translation.json');
for (const { file, ...said } of GENES) {
  const translation = Translation.parse(JSON.parse(readFileSync(join(folder, `${file.toUpperCase()}_translation.json`), 'utf8')));
  const { gene, version, chromosome, genomeBuild, refSeqChromosomeId: refSeq, variants, namedAlleles } = translation;
  const positions = variants.map((variant) => ({ position: variant.position, rsid: variant.rsid, ref: variant.ref, alts: variant.alts, ...windowOf(variant) }));
  const alleles = namedAlleles.map(({ name, id, reference, alleles: bases }) => ({
    name,
    id,
    ...(reference ? { reference } : { defined: Object.fromEntries(bases.flatMap((base, index) => (base === null ? [] : [[variants[index]!.position, base]]))) }),
  }));
  const head = {
    gene,
    version,
    source: `ClinPGx and CPIC allele definitions, ${gene}_translation.json of PharmCAT 5431bf1 (github.com/PharmGKB/PharmCAT, 2025-11-19)`,
    licence: 'CPIC content: CC0 1.0; PharmCAT, through which it was taken: MPL-2.0',
    build: genomeBuild,
    chromosome: chromosome.replace('chr', ''),
    refSeq,
    ...said,
  };
  const text = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  writeFileSync(
    join(import.meta.dirname, '../../config/pharmacogenomics', `${file}.json`),
    `{\n${[...text, `  "positions": ${lines(positions)}`, `  "alleles": ${lines(alleles)}`].join(',\n')}\n}\n`,
  );
}
