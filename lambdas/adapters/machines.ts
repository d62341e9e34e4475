import { ExecutionAlreadyExists, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { sfn } from './clients.ts';

/** Starts a machine under a name made of the id it works on: the same id twice starts it once. */
export const startMachine = async (stateMachineArn: string, name: string, input: unknown): Promise<void> => {
  try {
    await sfn().send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
};
