import { readFileSync, readdirSync } from 'node:fs';

/** Memory of this process and everything below it, MiB: proportional set size, so that pages which processes share count once. */
const resident = (): number => {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // the process ended meanwhile
    }
  }
  const ours = (pid: number): boolean => pid === process.pid || (parents.has(pid) && parents.get(pid)! > 1 && ours(parents.get(pid)!));
  return [...parents.keys()].filter(ours).reduce((sum, pid) => sum + proportional(pid), 0) / 1024;
};

const proportional = (pid: number): number => {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
};

/** Watches the peak; on a machine without /proc it stays 0. */
export const watchMemory = (): { peakMiB: () => number; stop: () => void } => {
  let peak = 0;
  const look = () => {
    try {
      peak = Math.max(peak, resident());
    } catch {
      // no /proc here
    }
  };
  const timer = setInterval(look, 2000);
  timer.unref();
  return { peakMiB: () => Math.round(peak), stop: () => clearInterval(timer) };
};
