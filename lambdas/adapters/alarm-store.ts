import type { Alarm } from '../contracts/monitoring.ts';
import { createDocument, getDocument, listDocuments, updateDocument } from './documents.ts';

const address = (alarmId: string) => ({ pk: `ALARM#${alarmId}`, sk: 'ALARM' });

/** False where the alarm was raised before. */
export const createAlarm = (table: string, alarm: Alarm): Promise<boolean> =>
  createDocument(table, address(alarm.alarmId), alarm, { gsi1pk: 'ALARMS', gsi1sk: `${alarm.raisedAt}#${alarm.alarmId}` });

export const getAlarm = (table: string, alarmId: string): Promise<Alarm | null> => getDocument(table, address(alarmId));

export const listAlarms = (table: string, limit: number): Promise<Alarm[]> => listDocuments(table, 'ALARMS', { newestFirst: true, limit });

/** Only from the status that the caller saw. */
export const moveAlarm = (table: string, alarmId: string, from: Alarm['status'], changes: Partial<Alarm>): Promise<boolean> =>
  updateDocument(table, address(alarmId), changes, { status: from });
