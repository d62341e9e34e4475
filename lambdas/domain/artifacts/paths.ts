import { type Outcome, done } from '../../contracts/outcome.ts';
import { invalid } from '../mlflow/refusals.ts';

const decoded = (path: string): string => {
  let current = path;
  for (let round = 0; round < 10; round++) {
    let next: string;
    try {
      next = decodeURIComponent(current);
    } catch {
      return current;
    }
    if (next === current) return current;
    current = next;
  }
  return current;
};

/** A path below an artifact root: nothing in it, decoded as often as it takes, leads out of it. */
export const safePath = (path: string): Outcome<string> => {
  const plain = decoded(path);
  const leadsOut = plain.split('/').includes('..') || plain.startsWith('/') || /^[a-zA-Z]:/.test(plain) || /^file:/i.test(plain) || /[\\#\p{Cc}]/u.test(plain);
  return leadsOut ? invalid('Invalid path') : done(path.replace(/\/+$/, ''));
};

/** The name of a file in an address of its own. */
export const joined = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join('/');

/** Where artifacts of a project lie in the bucket: `mlflow-artifacts:` roots below it, and `s3://` roots that point there. Undefined: elsewhere. */
export const keyOfRoot = (project: string, bucket: string, root: string): string | undefined => {
  const home = `projects/${project}`;
  const proxied = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/.exec(root) ?? /\/api\/2\.0\/mlflow-artifacts\/artifacts\/(.*)$/.exec(root);
  if (proxied) return joined(home, proxied[1]!.replace(/\/+$/, ''));
  const [, at, key] = /^s3:\/\/([^/]+)\/(.*)$/.exec(root) ?? [];
  return at === bucket && key !== undefined && key.startsWith(`${home}/`) ? key.replace(/\/+$/, '') : undefined;
};

/** What a path below a project's artifacts belongs to. */
export const ownerOf = (path: string): { runId?: string; modelId?: string } => {
  const [, first, second] = path.split('/');
  if (first === 'models' && second) return { modelId: second };
  return first && /^[0-9a-f]{32}$/.test(first) ? { runId: first } : {};
};
