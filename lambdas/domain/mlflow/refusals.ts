import { type Outcome, refused } from '../../contracts/outcome.ts';

/** MLflow's error codes and the status that its clients expect with each (mlflow.exceptions.ERROR_CODE_TO_HTTP_STATUS, 3.12). */
export const STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_DOES_NOT_EXIST: 404,
  RESOURCE_CONFLICT: 409,
  RESOURCE_EXHAUSTED: 429,
  // a body that is too large has no code of its own in MLflow's list
  REQUEST_TOO_LARGE: 413,
  INTERNAL_ERROR: 500,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;
export type ErrorCode = keyof typeof STATUS;

/** A refusal whose title is one of MLflow's error codes. */
export const refuse = (code: ErrorCode, message: string): Outcome<never> => refused(STATUS[code], code, message);
export const invalid = (message: string): Outcome<never> => refuse('INVALID_PARAMETER_VALUE', message);
export const absent = (message: string): Outcome<never> => refuse('RESOURCE_DOES_NOT_EXIST', message);

/** JSON as Python's `json.dumps(value, sort_keys=True, separators=(',', ':'))` writes it, which MLflow's messages quote. */
export const pythonJson = (value: unknown): string => {
  if (value === undefined || value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${pythonJson(name)}:${pythonJson(member)}`).join(',')}}`;
  }
  if (typeof value === 'string') return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return String(value);
};

export const invalidValue = (path: string, value: unknown, hint?: string): string =>
  `Invalid value ${pythonJson(value)} for parameter '${path}' supplied${hint ? `: ${hint}` : '.'}`;
export const missingValue = (path: string): string => `Missing value for required parameter '${path}'.`;
export const tooLong = (path: string, limit: number): string => `'${path}' exceeds the maximum length of ${limit} characters`;
