import type { Command } from 'commander';
import { type GlobalOptions, type Session, sessionOf } from './session.ts';

/** Every answer is JSON on stdout, to be read by people and by jq alike. */
export const print = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

/** The session that a subcommand's global options name. */
export const sessionOfCommand = (command: Command): Session => sessionOf(command.optsWithGlobals<GlobalOptions>());
