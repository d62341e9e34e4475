import { Logger } from '@aws-lambda-powertools/logger';

/** Structured logs: ids, counts and durations only; a cell's value, a name or a request body never. */
export const log = new Logger({ serviceName: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'proband' });

/** Frames without the message: a message may quote a cell. */
export const redactedStack = (error: unknown): string[] =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 6)
        .map((line) => line.trim())
    : [];
