import { CONCEPTS } from '../concepts.ts';
import { conceptOf } from './concept-of.ts';

const NAME_OF_CODE: ReadonlyMap<string, string> = new Map(Object.entries(CONCEPTS).map(([name, { code }]) => [code, name]));

/**
 * The name under which models know a source value: a concept's name, or the concept whose code it is; of a clinical drug of one
 * ingredient that ingredient's; else the source value itself.
 */
export const conceptNameOf = (sourceValue: string): string => {
  const name = NAME_OF_CODE.get(sourceValue);
  if (name !== undefined) return name;
  const { ingredients } = conceptOf('RxNorm', sourceValue);
  return (ingredients.length === 1 && NAME_OF_CODE.get(ingredients[0]!)) || sourceValue;
};
