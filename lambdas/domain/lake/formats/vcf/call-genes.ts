import type { Gene } from '../../../pharmacogenomics/gene-definition.ts';
import { type GeneCall, type Genotype, matchDiplotypes } from '../../../pharmacogenomics/match-diplotypes.ts';
import type { Call, Finding, Unit } from '../../reading.ts';
import { callDrafts } from './call-drafts.ts';
import { type FileEvidence, labelOf } from './file-evidence.ts';
import type { GeneEvidence } from './gene-evidence.ts';
import type { VcfHeader } from './header.ts';
import type { VcfMap } from './map.ts';

/** A gene's call with the positions that were not read, by rsID or place; left out where the file has none of the gene's positions. */
export type VcfCall = Call & { missing?: readonly string[] };

/** One unit for every sample and gene. */
export function* callGenes(file: number, map: VcfMap, header: VcfHeader, evidence: FileEvidence, unsaidIsReference: (gene: Gene) => boolean): Generator<Unit> {
  const key = new RegExp(map.subject.pattern, 'u');
  const date = (map.date.fileDate ? header.fileDate : null) ?? map.date.otherwise;
  const subjects = new Set<string>();
  const matchers = evidence.genes.map(({ gene }) => rememberedMatcher(gene));
  const told = evidence.genes.map(({ gene }) => rememberedCall(gene));
  for (const [sample, name] of header.samples.entries()) {
    const subject = key.exec(name)?.[1] ?? '';
    const ofSample: Finding[] =
      subject === '' ? [{ field: 'sample name', reason: 'missing-key' }] : subjects.has(subject) ? [{ field: 'sample name', reason: 'duplicate-key' }] : [];
    subjects.add(subject);
    for (const [index, gene] of evidence.genes.entries()) {
      const where = `sample ${sample + 1} ${gene.gene.gene}`;
      const grievances = gene.against(sample);
      const findings = [...ofSample, ...grievances.map(({ field, reason }) => ({ field, reason }))];
      if (findings.length > 0) {
        const text = [name, ...grievances.map((grievance) => grievance.text)].join('\n');
        yield { file, where, call: { sample: name, gene: gene.gene.gene, diplotype: null, outcome: outcomeAgainst(gene) }, findings, text };
        continue;
      }
      const genotypes = gene.genotypes(sample, unsaidIsReference(gene.gene));
      const call = matchers[index]!(genotypes);
      const isCovered = gene.isCovered || unsaidIsReference(gene.gene);
      // of a gene that the file does not cover nothing is known, and another file may say it: no rows
      yield { file, where, call: { sample: name, ...told[index]!(call, isCovered) }, drafts: isCovered ? callDrafts(gene.gene, call, genotypes, { subject, date }) : [] };
    }
  }
}

const outcomeAgainst = ({ wrongReference }: GeneEvidence): string => (wrongReference ? 'wrong-reference' : 'no-call');

/** Samples of one call are told the same of it. */
const rememberedCall = (gene: Gene): ((call: GeneCall, isCovered: boolean) => Omit<VcfCall, 'sample'>) => {
  const [covered, uncovered] = [new WeakMap<GeneCall, Omit<VcfCall, 'sample'>>(), new WeakMap<GeneCall, Omit<VcfCall, 'sample'>>()];
  return (call, isCovered) => {
    const known = isCovered ? covered : uncovered;
    const told = known.get(call) ?? callOf(gene, call, isCovered);
    known.set(call, told);
    return told;
  };
};

const callOf = (gene: Gene, { outcome, candidates, missing }: GeneCall, isCovered: boolean): Omit<VcfCall, 'sample'> => ({
  gene: gene.gene,
  diplotype: candidates.length === 0 ? null : candidates.map(({ diplotype }) => diplotype).join(' or '),
  outcome,
  ...(isCovered ? { missing: missing.map((at) => labelOf(gene, gene.positions[at]!)) } : {}),
});

const REMEMBERED = 5000;

/** Most samples of a file share their genotypes with others. */
const rememberedMatcher = (gene: Gene): ((genotypes: readonly (Genotype | null)[]) => GeneCall) => {
  const known = new Map<string, GeneCall>();
  return (genotypes) => {
    let key = '';
    for (const genotype of genotypes)
      key += genotype === null ? ' ' : genotype.first === genotype.second ? `${genotype.first} ` : `${genotype.first},${genotype.second},${genotype.phase} `;
    const found = known.get(key);
    if (found) return found;
    if (known.size >= REMEMBERED) known.clear();
    const call = matchDiplotypes(gene, genotypes);
    known.set(key, call);
    return call;
  };
};
