import cyp2c9 from '../../config/pharmacogenomics/cyp2c9.json' with { type: 'json' };
import vkorc1 from '../../config/pharmacogenomics/vkorc1.json' with { type: 'json' };

export type Genotyped = { sample: string; cyp2c9: string /** -1639, coding strand: A/G */; vkorc1: string };

/** VKORC1 lies on the minus strand: the coding strand's G is the reference's C. */
const PLUS_STRAND: Readonly<Record<string, string>> = { G: 'C', A: 'T' };

type Definition = { chromosome: string; positions: { position: number; rsid: string | null; ref: string; alts: string[] }[] };

const line = ({ chromosome }: Definition, { position, rsid, ref, alts }: Definition['positions'][number], genotypes: string[]): string =>
  [`chr${chromosome}`, position, rsid ?? '.', ref, alts.join(','), '.', 'PASS', '.', 'GT', ...genotypes].join('\t');

/** The alternate that a star allele has at a position, as its number in ALT; 0 where it has the reference's base. */
const alternate = (star: string, position: number, alts: readonly string[]): number => {
  const allele = cyp2c9.alleles.find(({ name }) => name === star);
  if (!allele) throw new RangeError(`no definition of CYP2C9 ${star}`);
  const base = (allele as { defined?: Record<string, string> }).defined?.[String(position)];
  return base === undefined ? 0 : alts.indexOf(base) + 1;
};

/** One VCF of all samples: every position of the CYP2C9 definitions, phased, and VKORC1 -1639. */
export const vcfOf = (genotyped: readonly Genotyped[], fileDate: string): string => {
  const rows = cyp2c9.positions.map((position) =>
    line(
      cyp2c9,
      position,
      genotyped.map(({ cyp2c9: diplotype }) =>
        diplotype
          .split('/')
          .map((star) => alternate(star, position.position, position.alts))
          .join('|'),
      ),
    ),
  );
  const [snp] = vkorc1.positions;
  rows.push(
    line(
      vkorc1,
      snp!,
      genotyped.map(({ vkorc1: genotype }) =>
        genotype
          .split('/')
          .map((base) => (PLUS_STRAND[base] === snp!.ref ? 0 : 1))
          .sort()
          .join('/'),
      ),
    ),
  );
  const header = [
    '##fileformat=VCFv4.2',
    `##fileDate=${fileDate.replaceAll('-', '')}`,
    '##reference=GRCh38',
    '##contig=<ID=chr10,length=133797422,assembly=GRCh38>',
    '##contig=<ID=chr16,length=90338345,assembly=GRCh38>',
    '##FILTER=<ID=PASS,Description="All filters passed">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    ['#CHROM', 'POS', 'ID', 'REF', 'ALT', 'QUAL', 'FILTER', 'INFO', 'FORMAT', ...genotyped.map(({ sample }) => sample)].join('\t'),
  ];
  return `${[...header, ...rows].join('\n')}\n`;
};
