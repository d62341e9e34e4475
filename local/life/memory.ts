import { readFileSync, readdirSync } from 'node:fs';

const PAGE_KIB = 4;

/** Resident memory of this process and everything below it, MiB; pages that processes share are counted in each. */
const resident = (): number => {
  const parents = new Map<number, number>();
  const pages = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      parents.set(pid, Number(fields[1]));
      pages.set(pid, Number(fields[21]));
    } catch {
      // the process ended meanwhile
    }
  }
  const ours = (pid: number): boolean => pid === process.pid || (parents.has(pid) && parents.get(pid)! > 1 && ours(parents.get(pid)!));
  return ([...pages].filter(([pid]) => ours(pid)).reduce((sum, [, count]) => sum + count, 0) * PAGE_KIB) / 1024;
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
  const timer = setInterval(look, 1000);
  timer.unref();
  return { peakMiB: () => Math.round(peak), stop: () => clearInterval(timer) };
};
