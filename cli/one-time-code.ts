import { generateSync } from 'otplib';

/** Someone who can sign in without being asked: the one-time-code device's key is known (base32). */
export type Person = { username: string; password: string; totpSecret: string };

/** The code that the device shows now. */
export const codeOf = (totpSecret: string): string => generateSync({ secret: totpSecret });
