import type { Run, TrackingReport } from '../../contracts/run.ts';

type Kind = 'train' | 'evaluate';
/** A job's records: how many bytes there are, and up to which of them the job dealt with them itself. */
export type JobRecords = { kind: Kind; bytes: number; sentTo: number };
/** The container's report (virtual_patient/relay.py). `offset`: up to which byte of its records it dealt with them. */
export type RelayReport = Partial<Record<Kind, TrackingReport & { offset: number }>>;

/** Whether something was recorded that neither its job nor the relay has dealt with. */
export const isWaiting = (records: readonly JobRecords[], relayed: RelayReport | null): boolean =>
  records.some(({ kind, bytes, sentTo }) => bytes > Math.max(sentTo, relayed?.[kind]?.offset ?? 0));

/** What the run keeps of it. `fault`: the name of what stopped the relay. */
export const trackingOf = (report: RelayReport | null, fault?: string): NonNullable<Run['tracking']> => {
  const shown = ({ offset: _offset, ...counts }: TrackingReport & { offset: number }): TrackingReport => counts;
  return {
    ...(report?.train ? { train: shown(report.train) } : {}),
    ...(report?.evaluate ? { evaluate: shown(report.evaluate) } : {}),
    ...(fault ? { fault } : {}),
  };
};

/** Records that the tracker lacks; after a fault at least one, since how many is not known. */
export const lacking = ({ train, evaluate, fault }: NonNullable<Run['tracking']>): number => Math.max((train?.dropped ?? 0) + (evaluate?.dropped ?? 0), fault ? 1 : 0);
