import { isNumeric, numberOf } from './data-types.ts';
import type { RangeCheck } from './definitions.ts';

/** Whether a value is as its check demands: `value comparator check value`. ODM 1.3.2, RangeCheck. */
export const passes = (value: string, dataType: string, { comparator, values }: RangeCheck): boolean => {
  const order = (bound: string): number => {
    if (isNumeric(dataType)) return numberOf(value) - numberOf(bound);
    return value === bound ? 0 : value < bound ? -1 : 1;
  };
  const first = order(values[0]!);
  switch (comparator) {
    case 'LT':
      return first < 0;
    case 'LE':
      return first <= 0;
    case 'GT':
      return first > 0;
    case 'GE':
      return first >= 0;
    case 'EQ':
      return first === 0;
    case 'NE':
      return first !== 0;
    case 'IN':
      return values.some((bound) => order(bound) === 0);
    case 'NOTIN':
      return values.every((bound) => order(bound) !== 0);
    default:
      return true;
  }
};
