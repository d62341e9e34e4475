import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Ready } from '../../cli/ready.ts';
import { ROLES, type Role } from '../../lambdas/contracts/principal.ts';
import { clientEnvironment } from './emulator.ts';
import { peopleOf } from './people.ts';
import type { Cloud } from './up.ts';

/** Tells in a file how a running cloud is called, and by whom. It is there whole or not at all, for this user alone. */
export const writeReady = async (path: string, { apiUrl, emulator, outputs, people, tracker }: Cloud): Promise<void> => {
  const tokens = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await people.token(role)] as const)));
  const ready: Ready = { apiUrl, tokens, stop: process.pid, endpoint: emulator.endpoint, userPoolClientId: outputs['UserPoolClientId']!, people: people.people, outputs, tracker };
  writeFileSync(`${path}.part`, JSON.stringify(ready, null, 2), { mode: 0o600 });
  renameSync(`${path}.part`, path);
};

/** The cloud that another process runs, by the file that it wrote. Throws where the file is not such a one. */
export const readReady = (path: string): Cloud & { stop: number } => {
  const { apiUrl, stop, endpoint, userPoolClientId, people, outputs, tracker } = Ready.parse(JSON.parse(readFileSync(path, 'utf8')));
  const env = clientEnvironment(endpoint);
  return {
    apiUrl,
    stop,
    outputs,
    tracker,
    emulator: { endpoint, env },
    people: peopleOf(people as Record<Role, (typeof people)[string]>, userPoolClientId, endpoint, env['AWS_REGION']!),
  };
};
