import type { Alarm } from '../../contracts/monitoring.ts';
import { type Outcome, done, refused } from '../../contracts/outcome.ts';

/** An open or escalated alarm is acknowledged once; that it was escalated stays written. */
export const acknowledgement = (alarm: Alarm, username: string, comment: string | undefined, now: Date): Outcome<Partial<Alarm>> =>
  alarm.status === 'acknowledged'
    ? refused(409, 'Already acknowledged', `alarm ${alarm.alarmId} was acknowledged by ${alarm.acknowledgedBy} at ${alarm.acknowledgedAt}`)
    : done({ status: 'acknowledged', acknowledgedAt: now.toISOString(), acknowledgedBy: username, ...(comment ? { acknowledgementComment: comment } : {}) });
