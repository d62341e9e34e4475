import type { DatasetManifest } from '../../contracts/dataset.ts';
import { findSource } from '../lake/sources.ts';

/** The published cohort that the development data are, where every file comes from a source that says so. */
export const cohortReference = (ingests: DatasetManifest['ingests']): string | null => {
  const references = new Set(ingests.filter(({ use }) => use === 'development').map(({ source }) => referenceOf(source)));
  const [reference] = references;
  return references.size === 1 ? (reference ?? null) : null;
};

const referenceOf = (name: string): string | null => {
  const source = findSource(name);
  return source && 'cohortReference' in source ? (source.cohortReference ?? null) : null;
};
