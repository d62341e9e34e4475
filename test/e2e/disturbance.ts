import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Configuration = { Environment: { Variables: Record<string, string> } };
export type Disturbance = {
  /** how many distinct events of the function failed before, and after, their work */
  suffered: (handler: string) => { before: number; after: number };
  calm: () => Promise<void>;
};

const functionName = (handler: string) => `proband-local-${handler.replace('/', '-')}`;

/** Makes the deployed functions fail twice for every event (disturb.mjs), by their configuration alone: their code stays what it is. */
export const disturb = async (endpoint: string, handlers: readonly string[]): Promise<Disturbance> => {
  const folder = mkdtempSync(join(tmpdir(), 'proband-disturbance-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const before = new Map<string, Record<string, string>>();
  for (const handler of handlers) {
    const { Environment } = await configuration(endpoint, handler);
    before.set(handler, Environment.Variables);
    await configure(endpoint, handler, {
      ...Environment.Variables,
      NODE_OPTIONS: `${Environment.Variables['NODE_OPTIONS'] ?? ''} --import ${join(import.meta.dirname, 'disturb.mjs')}`.trim(),
      DISTURBANCE_FOLDER: folder,
    });
  }
  return {
    suffered: (handler) => {
      const attempts = readdirSync(folder).filter((name) => name.startsWith(`${functionName(handler)}.`));
      const events = new Set(attempts.map((name) => name.split('.')[1]!));
      const reached = (attempt: number) => [...events].filter((id) => attempts.includes(`${functionName(handler)}.${id}.${attempt}`)).length;
      // a third attempt follows the second one's failure
      return { before: reached(2), after: reached(3) };
    },
    calm: async () => {
      for (const [handler, variables] of before) await configure(endpoint, handler, variables);
    },
  };
};

const url = (endpoint: string, handler: string) => `${endpoint}/2015-03-31/functions/${functionName(handler)}/configuration`;

const configuration = async (endpoint: string, handler: string): Promise<Configuration> => {
  const answer = await fetch(url(endpoint, handler));
  if (!answer.ok) throw new Error(`no configuration of ${handler}: ${answer.status}`);
  return (await answer.json()) as Configuration;
};

const configure = async (endpoint: string, handler: string, variables: Record<string, string>): Promise<void> => {
  const answer = await fetch(url(endpoint, handler), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ Environment: { Variables: variables } }),
  });
  if (!answer.ok) throw new Error(`${handler} was not configured: ${answer.status}`);
};
