import { type Outcome, done } from '../../../contracts/outcome.ts';
import { invalid } from '../../mlflow/refusals.ts';

/** A piece of a filter or of an order. `text` is as written, `value` without its quotes; `at` counts characters from 0. */
export type Token = { kind: 'name' | 'string' | 'number' | 'comparator' | 'open' | 'close' | 'comma' | 'word'; text: string; value: string; at: number };

const SPACE = /\s+/y;
const COMPARATOR = /<=|>=|!=|<>|==|=|<|>/y;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y;
/** Single or double quotes; a doubled quote stands for itself. */
const STRING = /'(?:[^']|'')*'|"(?:[^"]|"")*"/y;
/** `metrics.accuracy`, `tags."a key"`, `` params.`a key` ``: dots join words and quoted words. */
const NAME = /(?:[\p{L}_][\p{L}\p{N}_]*|`[^`]*`)(?:\.(?:[\p{L}\p{N}_][\p{L}\p{N}_\-/:]*|`[^`]*`|"(?:[^"]|"")*"|'(?:[^']|'')*'))*/uy;
const WORDS = ['AND', 'OR', 'IN', 'NOT', 'IS', 'NULL', 'LIKE', 'ILIKE', 'RLIKE', 'BETWEEN', 'TRUE', 'FALSE'];

export const unquoted = (text: string): string => {
  const [quote] = text;
  if (text.length < 2 || (quote !== "'" && quote !== '"' && quote !== '`') || !text.endsWith(quote)) return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
};

const match = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
};

/** `refusal`: how the refusal of what is no token begins. */
export const tokensOf = (text: string, refusal: string): Outcome<Token[]> => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const space = match(SPACE, text, at);
    if (space) {
      at += space.length;
      continue;
    }
    const token = tokenAt(text, at);
    if (!token) return invalid(`${refusal}: '${text.slice(at, at + 40)}' (at position ${at})`);
    tokens.push(token);
    at += token.text.length;
  }
  return done(tokens);
};

const tokenAt = (text: string, at: number): Token | undefined => {
  const character = text[at]!;
  if (character === '(') return { kind: 'open', text: '(', value: '(', at };
  if (character === ')') return { kind: 'close', text: ')', value: ')', at };
  if (character === ',') return { kind: 'comma', text: ',', value: ',', at };
  const comparator = match(COMPARATOR, text, at);
  if (comparator) return { kind: 'comparator', text: comparator, value: comparator, at };
  const string = match(STRING, text, at);
  if (string) return { kind: 'string', text: string, value: unquoted(string), at };
  const number = match(NUMBER, text, at);
  if (number) return { kind: 'number', text: number, value: number, at };
  const name = match(NAME, text, at);
  if (!name) return undefined;
  return WORDS.includes(name.toUpperCase()) ? { kind: 'word', text: name, value: name.toUpperCase(), at } : { kind: 'name', text: name, value: name, at };
};
