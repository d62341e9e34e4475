import { isCode } from './formats/omop/source-value.ts';

/**
 * Forms in which people, their things and their addresses are numbered. A word alone, and a short number, have none: where a source says
 * that it is a code, it is taken for one.
 */
const FORMS: readonly RegExp[] = [
  /\s/,
  /@/,
  /:\/\//,
  // a calendar's day
  /(?:^|\D)(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])(?:\D|$)/,
  // social security, telephone and fax numbers, ZIP+4
  /(?:^|\D)\d{3}-\d{2}-\d{4}(?:\D|$)/,
  /(?:^|\D)\d{3}[-./ ]\d{3}[-./ ]\d{4}(?:\D|$)/,
  /^\+\d[\d()./-]{6,}$/,
  /^\d{5}-\d{4}$/,
  // IPv4 and IPv6
  /^\d{1,3}(?:\.\d{1,3}){3}$/,
  /^[0-9A-F]{0,4}:[0-9A-F:]*:[0-9A-F]{0,4}$/i,
  // vehicle identification number, ISO 3779
  /^[A-HJ-NPR-Z0-9]{17}$/,
  // bytes in base64
  /^[A-Za-z0-9+/]{24,}={0,2}$/,
];

export const hasIdentifierForm = (text: string): boolean => FORMS.some((form) => form.test(text));

/** So many digits on end number people, not kinds; the vocabularies' own codes are told by their syntax. */
const LONG_NUMBER = /\d{7}/;

/** Whether a source's code may leave the landing zone: one of a vocabulary, or a short one of its own that has no identifier's form. */
export const isTellableCode = (code: string): boolean => isCode(code) || (!hasIdentifierForm(code) && !LONG_NUMBER.test(code));

/** Whether a column's name, as a file says it, may be told: one that could be in a data dictionary. */
export const isTellableName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_.]{0,39}$/.test(name) && !hasIdentifierForm(name) && !/\d{4}/.test(name);

/** A unit that no vocabulary knows. */
export const isTellableUnit = (unit: string): boolean => unit.length <= 24 && !hasIdentifierForm(unit) && !/\d{4}/.test(unit);
