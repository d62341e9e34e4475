import iwpc from '../../../config/sources/iwpc.json' with { type: 'json' };
import synthetic from '../../../config/sources/synthetic-cohort.json' with { type: 'json' };
import { type SourceMap, parseSourceMap } from './formats.ts';

/** The same columns, other patients: what is published of the real ones is not true of them. */
const withoutReference = ({ cohortReference: _, ...map }: typeof iwpc) => map;

/** The kinds of input that can be ingested: one line each. */
const SOURCES: Readonly<Record<string, SourceMap>> = {
  iwpc: parseSourceMap('config/sources/iwpc.json', iwpc),
  'synthetic-cohort': parseSourceMap('config/sources/synthetic-cohort.json', { ...withoutReference(iwpc), ...synthetic }),
};

export const sourceNames = (): string[] => Object.keys(SOURCES).sort();

/** The source of that name, or null. */
export const findSource = (name: string): SourceMap | null => (Object.hasOwn(SOURCES, name) ? SOURCES[name]! : null);
