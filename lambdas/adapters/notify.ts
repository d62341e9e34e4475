import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Alarm } from '../contracts/monitoring.ts';

const sns = new SNSClient({});
/** SNS cuts a subject here. */
const SUBJECT_CHARACTERS = 100;

export const notify = async (topicArn: string, alarm: Alarm, heading: string): Promise<void> => {
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: `${heading}: ${alarm.name}`.slice(0, SUBJECT_CHARACTERS), Message: `${alarm.text}\nAcknowledge: proband alarm acknowledge ${alarm.alarmId}` }));
};
