import { HEADER, columns, everyRecord, textOf } from '../vcf-text.ts';
import { KEY, type PlantedFile, eachKind, namedAfter } from './identifiers.ts';

const samples = eachKind((planted) => `${KEY} ${planted}`);
const spread = (line: string, genotype: (sample: number) => string): string =>
  [line.split('\t').slice(0, 9).join('\t'), ...samples.map((_, sample) => genotype(sample))].join('\t');

const meta = (planted: string): string[] => [
  `##source=${planted}`,
  `##reference=file:///home/${planted}/GRCh38.fa`,
  `##by=${planted}`,
  `##SAMPLE=<ID=S,Description="${planted}">`,
  `##PEDIGREE=<ID=${planted},Original=${planted}>`,
  `##INFO=<ID=X,Number=1,Type=String,Description="${planted}">`,
];

/** Sample names, header lines, INFO, lines that cannot be read, genotypes that contradict. */
export const vcfFiles = (): PlantedFile[] => {
  const records = everyRecord();
  const [first, second] = records.map((line) => spread(line, () => '0/0'));
  const withInfo = (line: string, planted: string): string =>
    line
      .split('\t')
      .map((cell, at) => (at === 7 ? `X=${planted.replaceAll(/[ ;=]/g, '_')}` : cell))
      .join('\t');
  return [
    {
      name: namedAfter('vcf'),
      content: textOf(...HEADER, ...eachKind(meta), columns(...samples), withInfo(first!, 'Erika Mustermann'), ...records.slice(1).map((line) => spread(line, () => '0/0'))),
    },
    {
      name: namedAfter('vcf'),
      content: textOf(
        ...HEADER,
        columns(...samples.map((sample) => `${sample} 2`)),
        ...eachKind((planted) => [planted, `${planted}\t${planted}`, ['chr10', planted, '.', 'A', 'C', '.', 'PASS', '.', 'GT', ...samples].join('\t')]),
        spread(records[0]!, () => '0/0'),
        spread(records[0]!, () => '1/1'),
        [...second!.split('\t').slice(0, 9), ...samples].join('\t'),
      ),
    },
    ...eachKind((planted): PlantedFile => ({ name: 'header.vcf', content: textOf(`##fileformat=VCFv4.3`, planted) })),
    ...eachKind((planted): PlantedFile => ({ name: 'first-line.vcf', content: textOf(`##fileformat=${planted}`, planted) })),
    ...eachKind(
      (planted): PlantedFile => ({ name: 'build.vcf', content: textOf('##fileformat=VCFv4.3', `##reference=file:///home/${planted}/hg19.fa`, columns(planted), records[0]!) }),
    ),
    ...eachKind((planted): PlantedFile => ({ name: 'twice.vcf', content: textOf(...HEADER, columns(planted, planted)) })),
  ];
};
