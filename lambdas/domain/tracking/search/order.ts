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

type Keyed = { keys: readonly Sortable[] };

/** Compares by keys, each ascending or not. */
const byKeys =
  (ascending: readonly boolean[]) =>
  (a: Keyed, b: Keyed): number => {
    for (let index = 0; index < ascending.length; index++) {
      const order = compare(a.keys[index], b.keys[index], ascending[index]!);
      if (order !== 0) return order;
    }
    return 0;
  };

/** Sorts by the orders and then by the ties, each key read once an item. */
export const sorted = <T>(
  items: readonly T[],
  orders: readonly Order[],
  valueIn: (item: T, order: Name) => Sortable,
  ties: readonly { of: (item: T) => Sortable; ascending: boolean }[],
): T[] => {
  const keyed = items.map((item) => ({ item, keys: [...orders.map((order) => valueIn(item, order)), ...ties.map(({ of }) => of(item))] }));
  keyed.sort(byKeys([...orders, ...ties].map(({ ascending }) => ascending)));
  return keyed.map(({ item }) => item);
};

/** Keeps the first few of what it is given, in order; what comes after the last of them is let go at once. */
export const firstOf = <T extends Keyed>(most: number, ascending: readonly boolean[]): { add: (item: T) => void; taken: () => T[] } => {
  const compareItems = byKeys(ascending);
  let items: T[] = [];
  let bound: T | undefined;
  const trim = (): void => {
    items = items.sort(compareItems).slice(0, most);
    if (items.length === most) bound = items.at(-1);
  };
  return {
    add: (item) => {
      if (bound && compareItems(item, bound) >= 0) return;
      items.push(item);
      if (items.length >= most * 2 + 1000) trim();
    },
    taken: () => {
      trim();
      return items;
    },
  };
};
