/** Asks until the answer is final; a wait without end is a fault that names what was waited for. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T>,
  final: (answer: T) => boolean,
  options: { seconds: number; every?: number; progress?: (answer: T) => void },
): Promise<T> => {
  const deadline = performance.now() + options.seconds * 1000;
  for (;;) {
    const answer = await ask();
    options.progress?.(answer);
    if (final(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`${what} did not end within ${options.seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, options.every ?? 500));
  }
};
