import * as z from 'zod';
import { Sha256, SourceCheckId, SourceDraftId, Timestamp } from './ids.ts';
import { ObjectVersion } from './object.ts';
import { checkSent, FileDigest, PutTicket, Sent, SourceName } from './upload.ts';

/** What a dry run says of one file. Its findings are places and reasons, never values. */
export const CheckedFile = z.object({
  file: z.string().describe('its path where it was read on your machine, else its place in the set, from 1'),
  read: z.number().int(),
  admitted: z.number().int(),
  deleted: z.number().int().optional().describe('records that the source takes back'),
  quarantined: z.array(z.object({ where: z.string(), field: z.string().nullable(), reason: z.string(), detail: z.string().optional() })),
  quarantinedRecords: z.number().int().optional().describe('how many records are left out, where the list is cut off'),
  rows: z.record(z.string(), z.number().int()).describe('rows made per OMOP table'),
  calls: z
    .array(z.object({ sample: z.string().optional(), gene: z.string(), diplotype: z.string().nullable(), outcome: z.string(), missing: z.array(z.string()).readonly().optional() }))
    .optional()
    .describe('genotype calls in the order of the samples; whose they are is said only on your own machine'),
});
export type CheckedFile = z.infer<typeof CheckedFile>;

export const SourceCheckRequest = z
  .strictObject({
    source: SourceName.optional(),
    map: z.record(z.string(), z.unknown()).optional().describe('in place of source: a source map of your own, as in config/sources'),
    ...Sent,
  })
  .superRefine((request, context) => {
    if ((request.source === undefined) === (request.map === undefined))
      context.addIssue({ code: 'custom', path: ['source'], message: 'must be given, or map, not both: a shipped source’s name, or a source map' });
    checkSent(request, context);
  });
export type SourceCheckRequest = z.infer<typeof SourceCheckRequest>;

export const SourceDraftRequest = z.strictObject({ name: SourceName.describe('the new source'), ...FileDigest.shape });

export const SourceCheckTicket = PutTicket.extend({ checkId: SourceCheckId });
export const SourceDraftTicket = PutTicket.extend({ draftId: SourceDraftId });

export const SampleStatus = z.enum(['awaiting-file', 'read', 'refused', 'faulted']);

const Looked = {
  status: SampleStatus,
  createdAt: Timestamp,
  createdBy: z.string(),
  endedAt: Timestamp.optional(),
  detail: z.string().optional().describe('why there is no answer; never holds a cell’s value'),
};

export const SourceCheck = z.object({
  checkId: SourceCheckId,
  source: SourceName.describe('the source’s name, or the one that the map gives itself'),
  ...Looked,
  files: z.array(CheckedFile).optional(),
});

export const SourceDraft = z.object({
  draftId: SourceDraftId,
  name: SourceName,
  ...Looked,
  map: z.record(z.string(), z.unknown()).optional(),
  notes: z.array(z.string()).optional().describe('what was guessed, in words'),
});

/** What is kept of a check or a draft. The map that it tries lies in the landing zone: it may name a patient. */
export const Sample = z.object({
  sampleId: z.union([SourceCheckId, SourceDraftId]),
  name: SourceName,
  map: ObjectVersion.optional(),
  bytes: z.number().int(),
  sha256: Sha256,
  extension: FileDigest.shape.extension,
  files: z.array(FileDigest).optional(),
  ...Looked,
  result: ObjectVersion.optional(),
});
export type Sample = z.infer<typeof Sample>;

/** What was read of a sample, as it is stored. */
export const SampleResult = z.union([z.object({ files: z.array(CheckedFile) }), z.object({ map: z.record(z.string(), z.unknown()), notes: z.array(z.string()) })]);
export type SampleResult = z.infer<typeof SampleResult>;
