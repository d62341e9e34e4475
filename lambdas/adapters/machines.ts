import { ExecutionAlreadyExists, SendTaskSuccessCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { sfn } from './clients.ts';

/** Starts a machine under a name made of the id it works on: the same id twice starts it once. */
export const startMachine = async (stateMachineArn: string, name: string, input: unknown): Promise<void> => {
  try {
    await sfn().send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
};

/** Answers a state that waits for a task token; false where it waits no longer. */
export const answerTask = async (taskToken: string, output: unknown): Promise<boolean> => {
  try {
    await sfn().send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
    return true;
  } catch (error) {
    if (['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'].includes((error as Error).name)) return false;
    throw error;
  }
};
