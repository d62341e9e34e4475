import { isTellableUnit } from '../../identifier-form.ts';
import { conceptOf } from '../../vocabulary/concept-of.ts';
import { ucumOf } from './units.ts';

/** A unit as it was said. What is none that is known may be free text. */
export const sourceUnit = (unit: string | null): string | null => (unit !== null && (ucumOf(unit) !== null || isTellableUnit(unit)) ? unit : null);

const known = new Map<string, number>();
const MOST_KNOWN = 1000;

/** The concept of a UCUM code, 0 where there is none; looked up once for all rows. */
export const unitConceptOf = (ucum: string | null): number => {
  if (ucum === null) return 0;
  const found = known.get(ucum);
  if (found !== undefined) return found;
  const { conceptId } = conceptOf('UCUM', ucum);
  if (known.size < MOST_KNOWN) known.set(ucum, conceptId);
  return conceptId;
};
