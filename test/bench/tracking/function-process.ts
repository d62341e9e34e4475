import { pathToFileURL } from 'node:url';

/** `milliseconds`: from the event to the answer; `fromStart`: from the process's beginning. Memory: the most that the process held. */
export type Answered = { status: number; body: string; milliseconds: number; fromStart: number; cpuMs: number; memoryMiB: number };

const { handler } = await import(pathToFileURL(process.argv[2]!).href);

process.on('message', async (event) => {
  const started = performance.now();
  const before = process.cpuUsage();
  const { statusCode, body } = await handler(event);
  const { user, system } = process.cpuUsage(before);
  process.send!({
    status: statusCode,
    body,
    milliseconds: performance.now() - started,
    fromStart: performance.now(),
    cpuMs: (user + system) / 1000,
    memoryMiB: process.resourceUsage().maxRSS / 1024,
  } satisfies Answered);
});
process.on('disconnect', () => process.exit());
