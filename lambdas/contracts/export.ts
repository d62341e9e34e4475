import * as z from 'zod';
import { Timestamp, UploadId } from './ids.ts';
import { DataUse } from './upload.ts';

export const ExportId = z.string().regex(/^exp_[0-9a-zA-Z]{8,64}$/, 'must look like exp_…');

const Name = z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, 'must be lower-case letters, digits and dashes');
const ServerUrl = z.url({ protocol: /^https?$/, error: 'must be the address of a FHIR server, https://…' }).max(500);

/** SMART Backend Services: the private key as PEM (PKCS #8) or JWK; EC P-384 signs with ES384, RSA with RS384. */
const Smart = z.strictObject({
  auth: z.literal('smart'),
  clientId: z.string().min(1).max(8000),
  privateKey: z.string().min(100).max(20_000).describe('PEM (PKCS #8) or JWK; EC P-384 or RSA'),
  keyId: z.string().max(200).optional().describe('the `kid` under which the server knows the public key; default: the JWK’s own, else its thumbprint (RFC 7638)'),
  scope: z.string().max(1000).optional().describe('default: system/*.rs, or system/*.read where the server knows no v2 scopes'),
});
const Bearer = z.strictObject({ auth: z.literal('bearer'), token: z.string().min(1).max(8000) });

/** How to sign in at one server. It is kept in Secrets Manager and goes to no other origin than `url`'s. */
export const ServerCredentials = z.discriminatedUnion('auth', [Bearer.extend({ url: ServerUrl }), Smart.extend({ url: ServerUrl })]);
export type ServerCredentials = z.infer<typeof ServerCredentials>;

export const FhirServerRequest = z.discriminatedUnion('auth', [Bearer.extend({ name: Name, url: ServerUrl }), Smart.extend({ name: Name, url: ServerUrl })]);
export type FhirServerRequest = z.infer<typeof FhirServerRequest>;
/** What is told of a server's credentials: that they are there. */
export const FhirServer = z.object({ name: Name, url: z.string(), auth: z.enum(['bearer', 'smart']) });

/** What of the server is exported (Bulk Data Access IG): everything, all patients, or the patients of one group. */
export const ExportScope = {
  server: ServerUrl,
  level: z.enum(['system', 'patient', 'group']).default('patient'),
  group: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,64}$/, 'must be a FHIR id')
    .optional(),
  types: z
    .array(z.string().regex(/^[A-Z][A-Za-z]{1,63}$/, 'must be a FHIR resource type'))
    .min(1)
    .max(80)
    .optional(),
  since: Timestamp.optional(),
};

export const ExportRequest = z
  .strictObject({
    ...ExportScope,
    source: Name,
    use: DataUse.default('development'),
    credentials: Name.optional().describe('the name under which the server’s credentials are kept'),
  })
  .refine(({ level, group }) => (level === 'group') === (group !== undefined), { path: ['group'], error: 'goes with level group, and level group needs it' });
export type ExportRequest = z.infer<typeof ExportRequest>;

/** `empty`: the server had nothing to export. */
export const ExportStatus = z.enum(['requested', 'preparing', 'downloading', 'handed-over', 'empty', 'refused', 'faulted']);

/** A file whose resources are not as many as the manifest says. */
const CountMismatch = z.object({ file: z.number().int(), type: z.string().nullable(), declared: z.number().int(), received: z.number().int() });

export const ExportReport = z.object({
  files: z.number().int(),
  resources: z.record(z.string(), z.number().int()).describe('lines received per resource type'),
  bytes: z.number().int(),
  errors: z.array(z.object({ severity: z.string(), code: z.string(), count: z.number().int() })).describe('what the server says went wrong, by OperationOutcome severity and code'),
  mismatches: z.array(CountMismatch).describe('files that hold another number of resources than the manifest says'),
  removed: z.enum(['removed', 'gone', 'not-allowed', 'failed']).describe('whether the server has deleted its files'),
});
export type ExportReport = z.infer<typeof ExportReport>;

export const Export = z.object({
  exportId: ExportId,
  ...ExportScope,
  source: Name,
  use: DataUse,
  credentials: Name.optional(),
  status: ExportStatus,
  createdAt: Timestamp,
  createdBy: z.string(),
  percent: z.number().optional().describe('how far the server says it is'),
  uploadId: UploadId.optional().describe('the upload that its files became'),
  transactionTime: z.string().optional().describe('the server’s time of the export: the next one’s `since`'),
  report: ExportReport.optional(),
  detail: z.string().optional(),
});
export type Export = z.infer<typeof Export>;
