/** What came after the line that was last answered: a pipe may bring several at once. */
let pending = '';

/** The line at the start of what came, edited as on a terminal in raw mode; null where no line has ended yet. */
const takeLine = (): string | null => {
  const end = pending.search(/[\r\n]/);
  if (end === -1) return null;
  const typed = pending.slice(0, end);
  pending = pending.slice(pending.startsWith('\r\n', end) ? end + 2 : end + 1);
  return [...typed].reduce((line, character) => (character === '\u007f' || character === '\b' ? line.slice(0, -1) : line + character), '');
};

/** One line from the terminal or a pipe, null where the input ended before it; a hidden one is not echoed. */
export const ask = (prompt: string, { hidden = false } = {}): Promise<string | null> =>
  new Promise((resolve) => {
    const { stdin } = process;
    const raw = hidden && stdin.isTTY;
    const settle = (line: string | null) => {
      stdin.off('data', take).off('end', end);
      stdin.pause();
      if (raw) stdin.setRawMode(false);
      if (hidden || !stdin.isTTY) process.stderr.write('\n');
      resolve(line);
    };
    const take = (chunk = '') => {
      pending += chunk;
      // in raw mode Ctrl-C and Ctrl-D are characters
      if (raw && pending.includes('\u0003')) {
        stdin.setRawMode(false);
        process.exit(130);
      }
      const line = takeLine();
      const ended = line === null && raw && pending.includes('\u0004');
      if (line !== null || ended) settle(line);
      return line !== null || ended;
    };
    const end = () => settle(null);
    // before the prompt: nothing that is typed after it may be echoed
    if (raw) stdin.setRawMode(true);
    process.stderr.write(prompt);
    if (take()) return;
    if (stdin.readableEnded) return end();
    stdin.setEncoding('utf8');
    stdin.on('data', take).on('end', end);
    stdin.resume();
  });

/** Work that tells in one line on the terminal what it is at; the line is gone at its end. Nothing where no terminal is. */
export const withProgress = async <T>(work: (tell: (text: string) => void) => Promise<T>): Promise<T> => {
  let isTold = false;
  const line = (text: string): void => {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r\x1b[2K${text}`);
    isTold = true;
  };
  return work((text) => line(`${text} …`)).finally(() => isTold && line(''));
};
