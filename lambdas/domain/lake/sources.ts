import iwpc from '../../../config/sources/iwpc.json' with { type: 'json' };
import { type SourceMap, parseSourceMap } from './source-map.ts';

/** The kinds of input that can be ingested: one line each. */
const SOURCES: Readonly<Record<string, SourceMap>> = {
  iwpc: parseSourceMap('config/sources/iwpc.json', iwpc),
};

export const sourceNames = (): string[] => Object.keys(SOURCES).sort();

/** The source of that name, or null. */
export const findSource = (name: string): SourceMap | null => (Object.hasOwn(SOURCES, name) ? SOURCES[name]! : null);
