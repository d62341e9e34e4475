import { ROLES } from '../../lambdas/contracts/principal.ts';
import { parse } from '../options.mjs';
import { howToSignIn } from './how-to-sign-in.ts';
import { isLeaving, leave, leaveOnSignals } from './processes.ts';
import { writeReady } from './ready.ts';
import { cloudUp } from './up.ts';

const { ready } = parse('local', process.argv.slice(2)) as { ready?: string };
leaveOnSignals(() => 0);

try {
  const cloud = await cloudUp(async (title, run) => {
    const started = performance.now();
    process.stdout.write(`  ${title} ... `);
    const result = await run();
    console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
    return result;
  });
  console.log(`\nAPI     ${cloud.apiUrl}\nMLflow  ${cloud.tracker.MLFLOW_TRACKING_URI}\n`);
  for (const role of ROLES) console.log(`${role}\n  ${await cloud.people.token(role)}\n`);
  console.log(`try  curl -s -H "authorization: Bearer $TOKEN" ${cloud.apiUrl}/v1/sources\n\n${howToSignIn(cloud.apiUrl, cloud.people)}\n\nCtrl-C stops everything.`);
  if (ready) await writeReady(ready, cloud);
  setInterval(() => undefined, 1 << 30);
} catch (error) {
  if (isLeaving()) await leave(0);
  console.log('failed');
  console.error(`error: ${(error as Error).message}`);
  await leave(1);
}
