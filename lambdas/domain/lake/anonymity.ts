import type { DatasetAnonymity } from '../../contracts/dataset.ts';

/** What somebody could know of a patient from elsewhere and look up in the person table. */
export const QUASI_IDENTIFIERS = ['year_of_birth', 'gender_concept_id', 'race_concept_id', 'ethnicity_concept_id', 'care_site_id'] as const;

/** Shifted dates are released under an expert determination; each patient must look like at least so many. El Emam and Dankar, JAMIA 2008;15:627-37: 5 is common for health data. */
export const SMALLEST_GROUP = 5;

/** Sweeney's k-anonymity: the size of the smallest group of patients who are alike in every quasi-identifier. Safe Harbor asks for none. */
export const anonymityOf = (groups: readonly number[], deidentification: string): DatasetAnonymity => ({
  k: groups.length === 0 ? 0 : Math.min(...groups),
  patientsBelow: groups.filter((size) => size < SMALLEST_GROUP).reduce((sum, size) => sum + size, 0),
  quasiIdentifiers: [...QUASI_IDENTIFIERS],
  ...(deidentification === 'date-shift' ? { required: SMALLEST_GROUP } : {}),
});

/** Why a dataset version may not be made, or null. */
export const tooFewAlike = ({ k, required, patientsBelow, quasiIdentifiers }: DatasetAnonymity): string | null =>
  required === undefined || k >= required
    ? null
    : `with shifted dates each patient must be alike at least ${required - 1} others in ${quasiIdentifiers.join(', ')}; the smallest group has ${k}, and ${patientsBelow} patients are in smaller groups than ${required}`;
