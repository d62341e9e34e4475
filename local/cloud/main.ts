import { renameSync, writeFileSync } from 'node:fs';
import { ROLES } from '../../lambdas/contracts/principal.ts';
import { parse } from '../options.mjs';
import { stopAll } from './processes.ts';
import { cloudUp } from './up.ts';

const { ready } = parse('local', process.argv.slice(2)) as { ready?: string };
let stopping = false;
const leave = async (code: number): Promise<never> => {
  if (!stopping) {
    stopping = true;
    await stopAll();
  }
  process.exit(code);
};
process.on('SIGINT', () => void leave(0));
process.on('SIGTERM', () => void leave(0));

try {
  const cloud = await cloudUp(async (title, run) => {
    const started = performance.now();
    process.stdout.write(`  ${title} ... `);
    const result = await run();
    console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
    return result;
  });
  const tokens = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await cloud.people.token(role)] as const)));
  console.log(`\nAPI  ${cloud.apiUrl}\n`);
  for (const role of ROLES) console.log(`${role}\n  ${tokens[role]}\n`);
  console.log(`try  curl -s -H "authorization: Bearer $TOKEN" ${cloud.apiUrl}/v1/sources\nCtrl-C stops everything.`);
  if (ready) {
    const { people } = cloud.people;
    writeFileSync(
      `${ready}.part`,
      JSON.stringify(
        { apiUrl: cloud.apiUrl, tokens, stop: process.pid, endpoint: cloud.emulator.endpoint, userPoolClientId: cloud.outputs['UserPoolClientId'], people, outputs: cloud.outputs },
        null,
        2,
      ),
      { mode: 0o600 },
    );
    renameSync(`${ready}.part`, ready);
  }
  setInterval(() => undefined, 1 << 30);
} catch (error) {
  console.log('failed');
  console.error(`error: ${(error as Error).message}`);
  await leave(1);
}
