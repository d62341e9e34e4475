import type { Field } from '../../../config/catalog/mlflow.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import { invalid, invalidValue, missingValue } from './refusals.ts';

export type Pair = { key: string; value: string };
type Of<F extends Field> = F['kind'] extends 'string'
  ? string
  : F['kind'] extends 'int' | 'float'
    ? number
    : F['kind'] extends 'bool'
      ? boolean
      : F['kind'] extends 'strings'
        ? string[]
        : F['kind'] extends 'pairs'
          ? Pair[]
          : Record<string, unknown>[];
/** What a request holds once its members have been read. Absent lists are empty. */
export type Taken<T extends Record<string, Field>> = {
  [K in keyof T]: T[K] extends { required: true } ? Of<T[K]> : T[K]['kind'] extends 'strings' | 'pairs' | 'objects' ? Of<T[K]> : Of<T[K]> | undefined;
};

const SEE = ' See the API docs for more information about request parameters.';
const LISTS = ['strings', 'pairs', 'objects'];

/** A whole number, also as text: protobuf's JSON takes both. */
const asInt = (value: unknown): number | undefined => {
  const read = typeof value === 'string' && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value;
  return typeof read === 'number' && Number.isInteger(read) ? read : undefined;
};

const NAMED: Record<string, number> = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY };
export const asFloat = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const read = NAMED[value] ?? Number(value);
  return Number.isNaN(read) && value !== 'NaN' ? undefined : read;
};

const read = (field: Field, value: unknown): unknown => {
  switch (field.kind) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'int':
      return asInt(value);
    case 'float':
      return asFloat(value);
    case 'bool':
      return typeof value === 'boolean' ? value : value === 'true' ? true : value === 'false' ? false : undefined;
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
    case 'pairs':
      return Array.isArray(value) && value.every(isPair) ? value.map(({ key, value: text }) => ({ key, value: text ?? '' })) : undefined;
    case 'objects':
      return Array.isArray(value) && value.every((item) => item !== null && typeof item === 'object' && !Array.isArray(item)) ? value : undefined;
  }
};
const isPair = (item: unknown): item is Pair =>
  item !== null && typeof item === 'object' && typeof (item as Pair).key === 'string' && ['string', 'undefined'].includes(typeof (item as Pair).value);

/** As Python's `type(value).__name__`, which MLflow's messages name. */
const pythonType = (value: unknown): string => {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'dict';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'float';
};

/**
 * Reads a request's members in their declared order and refuses the first that is missing or of the wrong type, in MLflow's words. A
 * member named twice in a query arrives as a list, one that is a list by declaration always does. `numerals`: how the body spells its
 * numbers (`9.0`), which the messages quote.
 */
export const takeFields = <T extends Record<string, Field>>(takes: T, given: Record<string, unknown>, numerals: Record<string, string> = {}): Outcome<Taken<T>> => {
  const wrong = (name: string, value: unknown) => {
    const source = typeof value === 'number' ? numerals[name] : undefined;
    const hint = ` Hint: Value was of type '${source?.includes('.') ? 'float' : pythonType(value)}'.`;
    return invalid((source ? `Invalid value ${source} for parameter '${name}' supplied: ${hint}` : invalidValue(name, value, hint)) + SEE);
  };
  const taken: Record<string, unknown> = {};
  const filled = 'run_id' in takes && given['run_id'] === undefined && given['run_uuid'] !== undefined ? { ...given, run_id: given['run_uuid'] } : given;
  for (const [name, field] of Object.entries(takes)) {
    const value = filled[name];
    const isList = LISTS.includes(field.kind);
    if (value === undefined || value === null || value === '') {
      if (field.required) return invalid(missingValue(name) + SEE);
      taken[name] = isList ? [] : value === '' && field.kind === 'string' ? '' : undefined;
      continue;
    }
    const known = read(field, value);
    if (known === undefined) return wrong(name, value);
    const [least, most] = field.within ?? [];
    if (most !== undefined && ((known as number) < least! || (known as number) > most)) return wrong(name, known);
    taken[name] = known;
  }
  return done(taken as Taken<T>);
};
