import type { Gene } from '../../../lambdas/domain/pharmacogenomics/gene-definition.ts';
import { GENES } from '../../../lambdas/domain/pharmacogenomics/genes.ts';
import vcf from '../../../config/sources/vcf.json' with { type: 'json' };
import { VcfMap } from '../../../lambdas/domain/lake/formats/vcf/map.ts';
import { readVcf } from '../../../lambdas/domain/lake/formats/vcf/read.ts';
import { type Draft, type Refusal, type Unit, eachUnit } from '../../../lambdas/domain/lake/reading.ts';
import { memoryFile } from './xpt-bytes.ts';

export const VCF = VcfMap.parse(vcf);

/** By position, a genotype of each sample; 0/0 elsewhere. */
export type Variations = Readonly<Record<number, string>>;

export const HEADER = ['##fileformat=VCFv4.3', '##fileDate=20240229', '##reference=GRCh38', '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">'];

export const columns = (...samples: string[]): string => ['#CHROM', 'POS', 'ID', 'REF', 'ALT', 'QUAL', 'FILTER', 'INFO', 'FORMAT', ...samples].join('\t');

export const record = (chrom: string, position: number, ref: string, alt: string, ...rest: string[]): string =>
  [chrom, position, '.', ref, alt, '.', 'PASS', '.', ...(rest.length === 1 ? ['GT'] : []), ...rest].join('\t');

/** A record for every position of the genes, in one sample. */
export const everyRecord = (variations: Variations = {}, genes: readonly Gene[] = GENES): string[] =>
  genes.flatMap(({ chromosome, positions }) =>
    positions.map(({ position, ref, alts }) => record(`chr${chromosome}`, position, ref, alts.join(','), variations[position] ?? '0/0')),
  );

export const textOf = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** A file with every position, of one sample. */
export const wholeFile = (variations: Variations = {}, sample = 'S1'): string => textOf(...HEADER, columns(sample), ...everyRecord(variations));

export type Read = { units: Unit[]; refusals: Refusal[]; calls: Record<string, string>; drafts: Draft[] };

export const read = async (content: string | Uint8Array, map: Partial<VcfMap> = {}, chunk = 65_536): Promise<Read> => {
  const answers: (Unit | Refusal)[] = [];
  for await (const units of readVcf([memoryFile(Buffer.from(content as string), 'vcf', { chunk })], { ...VCF, ...map })) answers.push(...eachUnit(units));
  const units = answers.filter((answer): answer is Unit => !('refused' in answer));
  return {
    units,
    refusals: answers.filter((answer): answer is Refusal => 'refused' in answer),
    calls: Object.fromEntries(units.flatMap(({ call }) => (call ? [[`${call.sample} ${call.gene}`, `${call.diplotype} ${call.outcome}`]] : []))),
    drafts: units.flatMap((unit) => ('drafts' in unit ? unit.drafts : [])),
  };
};
