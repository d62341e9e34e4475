import { createHmac } from 'node:crypto';
import type { Deployment } from '../../contracts/rollout.ts';

/** Which version answers a request, and as what. */
export type Route = { version: number; role: 'production' | 'canary' };

const keyed = (key: string, purpose: string, subjectKey: string): Buffer => createHmac('sha256', Buffer.from(key, 'hex')).update(`${purpose}\n${subjectKey}`).digest();

/** What is kept of a subject key: HMAC-SHA256 under the deployment's secret key (64 hex digits), hex. */
export const subjectHash = (key: string, subjectKey: string): string => keyed(key, 'subject', subjectKey).toString('hex');

/**
 * A subject's place in [0, 1) for one canary version: the first 48 bits of its keyed hash. It depends on nothing else, so a subject that
 * is inside a share is inside every larger share of that version; another version draws other subjects.
 */
export const placeOf = (key: string, version: number, subjectKey: string): number => keyed(key, `canary ${version}`, subjectKey).readUIntBE(0, 6) / 2 ** 48;

/** The versions that may answer this subject, the first one meant to, the next where that fails; none: nothing is deployed for it. */
export const routesOf = ({ production, canary }: Pick<Deployment, 'production' | 'canary'>, key: string, subjectKey: string): Route[] => [
  ...(canary && placeOf(key, canary.version, subjectKey) < canary.share ? [{ version: canary.version, role: 'canary' } as const] : []),
  ...(production === null ? [] : [{ version: production, role: 'production' } as const]),
];
