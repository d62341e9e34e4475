import type { Attempt } from './judge-attempt.ts';

/** What a test of a webhook answers; a redirect is not followed and counts as a failure. */
export const testResult = (posted: Attempt & { text?: string }) => {
  if ('status' in posted) return { success: posted.status >= 200 && posted.status < 300, response_status: posted.status, ...(posted.text ? { response_body: posted.text } : {}) };
  const reason = 'broken' in posted ? `the connection failed (${posted.broken})` : posted.notCalled;
  return { success: false, error_message: `Failed to test webhook: ${reason}` };
};
