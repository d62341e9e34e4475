import { MLFLOW, type MlflowOperation } from '../../../config/catalog/mlflow.ts';

const PREFIX = /^(?:api|ajax-api)\/(2\.0|3\.0)\/(?:preview\/)?mlflow\/(.*)$/;

type Pattern = { operation: MlflowOperation; method: string; steps: string[]; api: string };
const PATTERNS: Pattern[] = (Object.keys(MLFLOW) as MlflowOperation[]).map((operation) => {
  const entry: { call: string; api?: 3 } = MLFLOW[operation];
  const [method, path] = entry.call.split(' ') as [string, string];
  return { operation, method, steps: path.split('/'), api: entry.api === 3 ? '3.0' : '2.0' };
});
const named = (step: string): string | undefined => (step.startsWith('{') ? step.slice(1, -1) : undefined);
/** Fixed paths before those with names in them: `logged-models/search` is no model id. */
PATTERNS.sort((a, b) => a.steps.filter((step) => named(step)).length - b.steps.filter((step) => named(step)).length);

/** Which operation a call below a project's address means, with the names in its path; undefined: there is none. */
export const operationAt = (method: string, path: string): { operation: MlflowOperation; params: Record<string, string> } | undefined => {
  const [, api, rest] = PREFIX.exec(path) ?? [];
  if (rest === undefined) return undefined;
  const steps = rest.split('/');
  for (const pattern of PATTERNS) {
    if (pattern.method !== method || pattern.api !== api || pattern.steps.length !== steps.length) continue;
    if (pattern.steps.every((step, index) => named(step) !== undefined || step === steps[index])) {
      const params = pattern.steps.flatMap((step, index) => (named(step) ? [[named(step)!, steps[index]!]] : []));
      return { operation: pattern.operation, params: Object.fromEntries(params) as Record<string, string> };
    }
  }
  return undefined;
};
