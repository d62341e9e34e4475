import type { Exchange } from '../../outbound/exchange.ts';

/** How a client waits, and when it gives up. */
export type Limits = {
  /** a `Retry-After` is followed up to this */
  longestWaitSeconds: number;
  shortestWaitSeconds: number;
  /** after so many polls, so long at least between two */
  patientAfterPolls: number;
  patientSeconds: number;
  /** transient answers and broken connections in a row */
  mostFailures: number;
  /** how often expired links are asked for anew */
  mostRenewals: number;
  /** how often an export that the server forgot is started anew */
  mostKickOffs: number;
  /** a stored piece ends with the first line that reaches this */
  pieceBytes: number;
  /** a longer line is no resource */
  lineBytes: number;
  /** the parts of one upload set */
  mostBatches: number;
};

/** What a step needs of the outside. */
export type Connection = {
  /** the FHIR server's base address */
  base: string;
  exchange: Exchange;
  /** the Authorization header's value; `renewed`: the former one was refused. Null where the server asks for none. */
  authorization: (renewed: boolean) => Promise<string | null>;
  limits: Limits;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
};

export const originOf = (url: string): string => new URL(url).origin;
