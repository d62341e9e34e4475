import { MLFLOW, type MlflowOperation } from '../../../config/catalog/mlflow.ts';

type Pattern = { operation: MlflowOperation; method: string; steps: string[] };
const named = (step: string): string | undefined => (step.startsWith('{') ? step.replace(/^\{|\+?\}$/g, '') : undefined);

/** Every operation's path below a project's address, as clients (`api`) and the web interface (`ajax-api`) write it. */
const PATTERNS: Pattern[] = (Object.keys(MLFLOW) as MlflowOperation[]).flatMap((operation) => {
  const entry: { call: string; api?: 3; root?: true; also?: string } = MLFLOW[operation];
  const [method, path] = entry.call.split(' ') as [string, string];
  const version = entry.api === 3 ? '3.0' : '2.0';
  const paths = entry.root
    ? [path, path.replace(/^api\//, 'ajax-api/')]
    : ['api', 'ajax-api'].flatMap((api) => [`${api}/${version}/mlflow/${path}`, `${api}/${version}/preview/mlflow/${path}`]);
  const methods = entry.also ? [method, entry.also] : [method];
  return [...new Set(paths)].flatMap((whole) => methods.map((by) => ({ operation, method: by, steps: whole.split('/') })));
});
/** Fixed paths before those with names in them: `logged-models/search` is no model id. */
PATTERNS.sort((a, b) => a.steps.filter((step) => named(step)).length - b.steps.filter((step) => named(step)).length);

const match = ({ steps }: Pattern, given: readonly string[]): Record<string, string> | undefined => {
  const params: Record<string, string> = {};
  for (const [index, step] of steps.entries()) {
    const name = named(step);
    // a greedy name takes what is left, which may be nothing
    if (name && step.endsWith('+}')) return { ...params, [name]: given.slice(index).join('/') };
    if (given[index] === undefined || (name === undefined && step !== given[index])) return undefined;
    if (name) params[name] = given[index];
  }
  return given.length === steps.length ? params : undefined;
};

/** Which operation a call below a project's address means, with the names in its path; undefined: there is none. */
export const operationAt = (method: string, path: string): { operation: MlflowOperation; params: Record<string, string> } | undefined => {
  const given = path.split('/');
  for (const pattern of PATTERNS) {
    if (pattern.method !== method) continue;
    const params = match(pattern, given);
    if (params) return { operation: pattern.operation, params };
  }
  return undefined;
};
