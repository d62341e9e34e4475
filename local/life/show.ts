/** What the life tells as it goes: one line per step, with progress, seconds and the ids it made. */
export type Narrator = {
  step: <T>(title: string, run: (progress: (text: string) => void) => Promise<T>, result?: (value: T) => string) => Promise<T>;
  seconds: Record<string, number>;
};

const LIVE = process.stdout.isTTY === true;

export const narrator = (): Narrator => {
  const seconds: Record<string, number> = {};
  let number = 0;
  return {
    seconds,
    step: async (title, run, result) => {
      const started = performance.now();
      const label = `${String(++number).padStart(2)} ${title}`;
      const elapsed = () => (performance.now() - started) / 1000;
      if (LIVE) process.stdout.write(`${label} …`);
      let latest = '';
      const progress = (text: string) => {
        if (text === latest) return;
        latest = text;
        if (LIVE) process.stdout.write(`\r\x1b[2K${label} … ${text}`);
      };
      try {
        const value = await run(progress);
        console.log(`${LIVE ? '\r\x1b[2K' : ''}${label.padEnd(46)} ${`${elapsed().toFixed(1)} s`.padStart(8)}  ${result ? result(value) : ''}`);
        return value;
      } catch (error) {
        console.log(`${LIVE ? '\r\x1b[2K' : ''}${label.padEnd(46)} ${`${elapsed().toFixed(1)} s`.padStart(8)}  failed`);
        throw error;
      } finally {
        seconds[title] = Number(elapsed().toFixed(2));
      }
    },
  };
};
