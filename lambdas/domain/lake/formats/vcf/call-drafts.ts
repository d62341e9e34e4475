import { conceptIdOf } from '../../concepts.ts';
import type { Gene } from '../../../pharmacogenomics/gene-definition.ts';
import type { GeneCall, Genotype } from '../../../pharmacogenomics/match-diplotypes.ts';
import type { Draft } from '../../reading.ts';
import { labelOf } from './file-evidence.ts';

/** OMOP type concept Lab (OMOP4976929). */
const LAB = 32_856;

/**
 * The rows of one sample's gene. A model reads the diplotype's concept, which a called diplotype alone has; of an ambiguous one each
 * candidate is a row of `<concept>_candidate`, of a partial one the diplotype a row of `<concept>_partial`. How the call came out and
 * which positions were not read are observations.
 */
export const callDrafts = (gene: Gene, call: GeneCall, genotypes: readonly (Genotype | null)[], { subject, date }: { subject: string; date: string }): Draft[] => {
  const identity = { subject, record: `${subject} ${gene.gene}` };
  const measured = (concept: string, value: string): Draft => ({
    table: 'measurement',
    ...identity,
    values: {
      measurement_concept_id: conceptIdOf(concept, 'Measurement'),
      measurement_date: date,
      measurement_type_concept_id: LAB,
      measurement_source_value: concept,
      value_source_value: value,
    },
  });
  const observed = (concept: string, value: string, number: number | null): Draft => ({
    table: 'observation',
    ...identity,
    values: {
      observation_concept_id: conceptIdOf(concept, 'Observation'),
      observation_date: date,
      observation_type_concept_id: LAB,
      observation_source_value: concept,
      value_source_value: value,
      value_as_number: number,
    },
  });
  const { diplotype: concept } = gene.reported;
  const suffix = { called: '', ambiguous: '_candidate', partial: '_partial', 'no-call': '' }[call.outcome];
  return [
    ...(concept === null ? [] : call.candidates.map(({ diplotype }) => measured(`${concept}${suffix}`, diplotype))),
    ...gene.reported.genotypes.flatMap(({ position, concept: ofPosition, alleles }) => {
      const at = gene.positions.findIndex((each) => each.position === position);
      const value = genotypeValue(gene.positions[at]!, genotypes[at]!, alleles);
      return value === null ? [] : [measured(ofPosition, value)];
    }),
    observed('genotype_call', `${gene.gene} ${call.outcome}`, call.missing.length),
    ...call.missing.map((at) => observed('genotype_missing_position', labelOf(gene, gene.positions[at]!), null)),
  ];
};

/** Both alleles in the letters of the concept, in alphabetical order; null unless both are defined. */
const genotypeValue = ({ ref, alts }: Gene['positions'][number], genotype: Genotype | null, letters: Readonly<Record<string, string>>): string | null => {
  if (genotype === null) return null;
  const bases = [genotype.first, genotype.second].map((code) => letters[[ref, ...alts][code] ?? '']);
  return bases.includes(undefined) ? null : bases.sort().join('/');
};
