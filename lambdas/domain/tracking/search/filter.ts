import { type Outcome, done } from '../../../contracts/outcome.ts';
import { invalid } from '../../mlflow/refusals.ts';
import { DATASET_KEYS, type Entity, type Grammar } from './grammar.ts';
import { type Token, tokensOf, unquoted } from './tokens.ts';

/** One comparison of a filter; all of them must hold. */
export type Clause = { entity: Entity; key: string; numeric: boolean; comparator: string; value: string | number | string[] | null };
export type Name = { entity: Entity; key: string; numeric: boolean };

const pythonSet = (names: readonly string[]): string => `{${names.map((name) => `'${name}'`).join(', ')}}`;
const at = (token: Token | undefined): string => (token ? ` (at position ${token.at})` : ' (at its end)');

/** What a name means by the grammar. `orders`: it stands in an order. */
export const nameOf = (text: string, grammar: Grammar, orders: boolean): Outcome<Name> => {
  const dot = text.startsWith('`') ? -1 : text.indexOf('.');
  const prefix = dot < 0 ? undefined : unquoted(text.slice(0, dot));
  const entity = prefix === undefined ? 'attribute' : Object.hasOwn(grammar.entities, prefix) ? grammar.entities[prefix]! : undefined;
  if (!entity) {
    const valid = [...new Set(Object.values(grammar.entities))];
    return invalid(
      `Invalid entity type '${prefix}'. Valid values are ${JSON.stringify(valid).replaceAll('"', "'").replaceAll(',', ', ')}. Valid entity types are (${Object.keys(
        grammar.entities,
      )
        .map((name) => `'${name}'`)
        .join(', ')})`,
    );
  }
  const key = unquoted(dot < 0 ? text : text.slice(dot + 1));
  if (entity === 'attribute') {
    const valid = orders ? grammar.orderable : Object.keys(grammar.attributes);
    if (!valid.includes(key)) return invalid(`Invalid ${orders ? grammar.ordersBy : 'attribute key'} '${key}' specified. Valid keys are '${pythonSet(valid)}'`);
    return done({ entity, key: grammar.aliases?.[key] ?? key, numeric: grammar.attributes[key] === 'number' });
  }
  if (entity === 'dataset' && !(DATASET_KEYS as readonly string[]).includes(key))
    return invalid(`Invalid dataset key '${key}' specified. Valid keys are '${pythonSet(DATASET_KEYS)}'`);
  return done({ entity, key, numeric: entity === 'metric' });
};

/**
 * Reads a filter: comparisons joined by AND. Refuses, with the place, what is no comparison, a name that the grammar has not, a
 * comparator that its kind does not allow, and a value of the wrong kind.
 */
export const readFilter = (text: string | undefined, grammar: Grammar): Outcome<Clause[]> => {
  if (!text?.trim()) return done([]);
  const read = tokensOf(text, grammar.refusals.filter);
  if (!read.ok) return read;
  const clauses: Clause[] = [];
  let rest = read.value;
  for (;;) {
    const clause = readClause(rest, grammar);
    if (!clause.ok) return clause;
    clauses.push(clause.value.clause);
    rest = clause.value.rest;
    if (rest.length === 0) return done(clauses);
    const [joint] = rest;
    if (joint?.kind !== 'word' || joint.value !== 'AND') return invalid(`${grammar.refusals.filter}: '${joint?.text}'${at(joint)}. Clauses are joined by AND`);
    rest = rest.slice(1);
  }
};

const readClause = (tokens: Token[], grammar: Grammar): Outcome<{ clause: Clause; rest: Token[] }> => {
  const [first] = tokens;
  const { filter: refusal, comparator: wrongComparator } = grammar.refusals;
  if (!first) return invalid(`${refusal}: a comparison is missing (at its end)`);
  if (first.kind !== 'name') return invalid(`${refusal}: '${first.text}'${at(first)}. Expected 'Identifier' found '${first.text}'`);
  const [, , third] = tokens;
  if (third?.kind === 'word' && ['TRUE', 'FALSE'].includes(third.value)) return invalid(`${refusal}: '${third.text}'${at(third)}`);
  const comparator = readComparator(tokens.slice(1));
  if (!comparator) {
    const [found] = tokens.slice(1);
    return invalid(
      `${refusal}: '${first.text}'${at(found)}. Expected a comparator after it, found ${found ? `'${found.text}'` : 'nothing'}. Expected 3 tokens found ${Math.min(tokens.length, 2)}`,
    );
  }
  const name = nameOf(first.text, grammar, false);
  if (!name.ok) return name;
  const allowed = allowedFor(name.value, grammar);
  if (!allowed.includes(comparator.text)) {
    const nulls = comparator.text.startsWith('IS') ? `IS NULL / IS NOT NULL is only supported for tags and params, not for '${name.value.entity}' '${name.value.key}'. ` : '';
    return invalid(`${nulls}${wrongComparator} '${comparator.text}' not one of '${pythonSet(allowed)}'`);
  }
  const rest = tokens.slice(1 + comparator.length);
  if (comparator.text.startsWith('IS')) return done({ clause: { ...name.value, comparator: comparator.text, value: null }, rest });
  const value = readValue(name.value, comparator.text, rest, grammar);
  return value.ok ? done({ clause: { ...name.value, comparator: comparator.text, value: value.value.value }, rest: rest.slice(value.value.length) }) : value;
};

const allowedFor = ({ entity, numeric }: Name, { comparators }: Grammar): readonly string[] =>
  entity === 'attribute' ? comparators[numeric ? 'number' : 'string'] : (comparators[entity] ?? []);

const readComparator = ([first, second, third]: Token[]): { text: string; length: number } | undefined => {
  if (first?.kind === 'comparator') return { text: first.text === '==' ? '=' : first.text === '<>' ? '!=' : first.text, length: 1 };
  if (first?.kind !== 'word') return undefined;
  if (['LIKE', 'ILIKE', 'RLIKE', 'IN', 'BETWEEN'].includes(first.value)) return { text: first.value, length: 1 };
  if (first.value === 'NOT' && second?.value === 'IN') return { text: 'NOT IN', length: 2 };
  if (first.value === 'NOT' && (second?.value === 'LIKE' || second?.value === 'ILIKE')) return { text: `NOT ${second.value}`, length: 2 };
  if (first.value === 'IS' && second?.value === 'NULL') return { text: 'IS NULL', length: 2 };
  if (first.value === 'IS' && second?.value === 'NOT' && third?.value === 'NULL') return { text: 'IS NOT NULL', length: 3 };
  return undefined;
};

type Value = { value: string | number | string[]; length: number };

const readValue = ({ entity, key, numeric }: Name, comparator: string, tokens: Token[], grammar: Grammar): Outcome<Value> => {
  const [token] = tokens;
  if (!token) return invalid(`Invalid comparison clause. Expected 3 tokens found 2: '${key} ${comparator}' has no value${at(token)}`);
  if (numeric) {
    if (token.kind === 'number') return done({ value: Number(token.value), length: 1 });
    return invalid(`Expected numeric value type for ${entity === 'metric' ? 'metric' : `numeric attribute: ${key}`}. Found ${token.text}${at(token)}`);
  }
  if (comparator === 'IN' || comparator === 'NOT IN') return readList(entity, key, tokens, grammar);
  if (token.kind === 'string') return done({ value: token.value, length: 1 });
  if (token.kind === 'open') return invalid(onlyLists(entity, grammar));
  if (token.kind === 'name' && !/[`"']/.test(token.text)) {
    return invalid(`Parameter value is either not quoted or unidentified quote types used for string value ${token.text}. Use either single or double quotes.${at(token)}`);
  }
  const what = entity === 'attribute' ? 'attributes' : entity === 'dataset' ? 'dataset attributes' : `${entity} (e.g. 'my-value')`;
  return invalid(`Expected a quoted string value for ${what}. Got value ${token.text}${at(token)}`);
};

const onlyLists = (entity: Entity, { lists }: Grammar): string =>
  entity === 'dataset'
    ? "Only the dataset 'name' and 'digest' supports comparison with a list of quoted string values."
    : `Only the '${lists.join("', '")}' attribute supports comparison with a list of quoted string values.`;

const readList = (entity: Entity, key: string, tokens: Token[], grammar: Grammar): Outcome<Value> => {
  if (tokens[0]!.kind !== 'open') return invalid(`While parsing a list in the query, expected a list of quoted strings in parentheses, but got ${tokens[0]!.text}${at(tokens[0])}`);
  if (entity !== 'dataset' && !grammar.lists.includes(key)) return invalid(onlyLists(entity, grammar));
  const value: string[] = [];
  for (let index = 1; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (token.kind === 'close') {
      if (value.length === 0) return invalid(`While parsing a list in the query, expected a non-empty list of string values, but got empty list${at(token)}`);
      return done({ value, length: index + 1 });
    }
    const expectsComma = index % 2 === 0;
    if (expectsComma && token.kind === 'comma') continue;
    if (expectsComma) return invalid(`While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.${at(token)}`);
    if (token.kind !== 'string')
      return invalid(`While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ${token.text}${at(token)}`);
    value.push(token.value);
  }
  return invalid('While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list. (at its end)');
};
