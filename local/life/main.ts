import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATE, isLeaving, leave, leaveOnSignals } from '../cloud/processes.ts';
import { writeReady } from '../cloud/ready.ts';
import { type Cloud, cloudUp } from '../cloud/up.ts';
import { parse } from '../options.mjs';
import { cohortsOf } from './cohorts.ts';
import { Stopped, liveALife } from './life.ts';
import { watchMemory } from './memory.ts';
import { Report } from './report.ts';
import { narrator } from './show.ts';
import { howToCall, summary } from './summary.ts';

const options = parse('life', process.argv.slice(2)) as { once?: boolean; source?: string; data?: string; external?: string; report?: string; ready?: string };
const memory = watchMemory();
const narrate = narrator();
const report: Report = { outcome: 'failed', seconds: narrate.seconds, peakMemoryMiB: 0, files: {} };
const setUp = Number(process.env['PROBAND_SETUP_SECONDS'] ?? 0);
if (setUp > 1) narrate.seconds['install'] = setUp;

/** while it lives: stopped by its user; then: what became of it */
let code = 130;
leaveOnSignals(() => code);

let cloud: Cloud | undefined;
try {
  const folder = join(STATE, 'life');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const cohorts = cohortsOf(options);
  cloud = await cloudUp((title, run) => narrate.step(title, run));
  report.api = { url: cloud.apiUrl };
  await liveALife(cloud, cohorts, folder, narrate, report);
  report.outcome = 'completed';
} catch (error) {
  if (isLeaving()) await leave(code);
  report.outcome = error instanceof Stopped ? error.outcome : 'failed';
  report.detail = (error as Error).message;
  if (process.env['PROBAND_DEBUG']) console.error(error);
}
memory.stop();
report.peakMemoryMiB = memory.peakMiB();
console.log(summary(report));
if (options.report) writeFileSync(options.report, `${JSON.stringify(Report.parse(report), null, 2)}\n`);
if (report.outcome !== 'completed') console.error(`error: the life ended as ${report.outcome}: ${report.detail?.split('\n')[0]}`);
code = report.outcome === 'completed' ? 0 : 1;
if (options.once || !cloud) await leave(code);
console.log(await howToCall(cloud!.apiUrl, cloud!.people));
if (options.ready) await writeReady(options.ready, cloud!);
setInterval(() => undefined, 1 << 30);
