import * as z from 'zod';

const OperationOutcome = z.object({
  resourceType: z.literal('OperationOutcome'),
  // codes of FHIR's IssueSeverity and IssueType; `diagnostics` and `details` may quote a patient and are not read
  issue: z.array(z.object({ severity: z.string().regex(/^(fatal|error|warning|information)$/), code: z.string().regex(/^[a-z][a-z-]{1,39}$/) })).max(1000),
});

export type Issue = { severity: string; code: string };

export const issuesOf = (json: unknown): Issue[] => {
  const parsed = OperationOutcome.safeParse(json);
  return parsed.success ? parsed.data.issue : [];
};

/** `HTTP 404, not-found`: what an answer says that can be told to anybody. */
export const saidBy = (status: number, issues: readonly Issue[]): string => [`HTTP ${status}`, ...new Set(issues.map(({ code }) => code))].slice(0, 6).join(', ');
