import { Duration } from 'aws-cdk-lib';
import type { TaskStateBase } from 'aws-cdk-lib/aws-stepfunctions';

/**
 * Faults are tried again after 1, 2, 4 ... seconds; a typed outcome is an answer and is not. Where running out of time is an outcome,
 * `States.TaskFailed` leaves it out.
 */
export const retryFaults = (task: TaskStateBase, attempts = 3, errors: 'States.ALL' | 'States.TaskFailed' = 'States.ALL'): void => {
  task.addRetry({ errors: [errors], interval: Duration.seconds(1), backoffRate: 2, maxAttempts: attempts, maxDelay: Duration.seconds(30) });
};
