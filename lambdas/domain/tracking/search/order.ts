import { type Outcome, done } from '../../../contracts/outcome.ts';
import { invalid } from '../../mlflow/refusals.ts';
import { type Name, nameOf } from './filter.ts';
import type { Grammar } from './grammar.ts';

/** One key of an order. Things without a value come last, whichever way; NaN before them. */
export type Order = Name & { ascending: boolean };
export type Sortable = string | number | null | undefined;

const CLAUSE = /^\s*(?<name>(?:`[^`]*`|"[^"]*"|'[^']*'|[^\s`"'])+)(?:\s+(?<direction>\S+))?(?<more>\s+\S.*)?\s*$/su;

export const readOrders = (clauses: readonly string[], grammar: Grammar): Outcome<Order[]> => {
  const orders: Order[] = [];
  for (const clause of clauses) {
    const { name, direction, more } = CLAUSE.exec(clause)?.groups ?? {};
    if (name === undefined || more !== undefined || name.endsWith(',')) return invalid(`Invalid order_by clause '${clause}'. Could not be parsed.`);
    if (direction !== undefined && !['asc', 'desc'].includes(direction.toLowerCase())) return invalid(`Invalid ordering key in order_by clause '${clause}'.`);
    const read = nameOf(name, grammar, true);
    if (!read.ok) return read;
    if (orders.some(({ entity, key }) => entity === read.value.entity && key === read.value.key)) {
      return invalid(`\`order_by\` contains duplicate fields: [${clauses.map((text) => `'${text}'`).join(', ')}]`);
    }
    orders.push({ ...read.value, ascending: direction?.toLowerCase() !== 'desc' });
  }
  return done(orders);
};

/** 0: has a value; 1: NaN; 2: has none. */
const rank = (value: Sortable): number => (value === undefined || value === null ? 2 : Number.isNaN(value) ? 1 : 0);

export const compare = (a: Sortable, b: Sortable, ascending: boolean): number => {
  const ranks = rank(a) - rank(b);
  if (ranks !== 0 || rank(a) > 0) return ranks;
  const order = a! < b! ? -1 : a! > b! ? 1 : 0;
  return ascending ? order : -order;
};

/** Sorts by the orders and then by the ties, each key read once an item. */
export const sorted = <T>(
  items: readonly T[],
  orders: readonly Order[],
  valueIn: (item: T, order: Name) => Sortable,
  ties: readonly { of: (item: T) => Sortable; ascending: boolean }[],
): T[] => {
  const keyed = items.map((item) => ({ item, keys: [...orders.map((order) => valueIn(item, order)), ...ties.map(({ of }) => of(item))] }));
  const directions = [...orders, ...ties].map(({ ascending }) => ascending);
  keyed.sort((a, b) => {
    for (let index = 0; index < directions.length; index++) {
      const order = compare(a.keys[index], b.keys[index], directions[index]!);
      if (order !== 0) return order;
    }
    return 0;
  });
  return keyed.map(({ item }) => item);
};
