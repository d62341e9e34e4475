import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Alarm } from '../contracts/monitoring.ts';

const sns = new SNSClient({});
/** SNS cuts a subject here. */
const SUBJECT_CHARACTERS = 100;

/** Publishes an alarm to a route; which run found it and how it is acknowledged stand in the text. */
export const notify = async (topicArn: string, alarm: Alarm, heading: string): Promise<void> => {
  const lines = [alarm.text, ...(alarm.monitoringRunId ? [`Monitoring run: ${alarm.monitoringRunId}`] : []), `Acknowledge: npm run proband -- alarm acknowledge ${alarm.alarmId}`];
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: `${heading}: ${alarm.name}`.slice(0, SUBJECT_CHARACTERS), Message: lines.join('\n') }));
};
