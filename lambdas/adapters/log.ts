import { Logger } from '@aws-lambda-powertools/logger';

/** Structured logs: ids, counts and durations only; a cell's value, a name or a request body never. */
export const log = new Logger({ serviceName: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'proband' });
