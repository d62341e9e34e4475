import * as z from 'zod';
import { DatasetId, ModelName, ReviewId, RunId, Sha256, Timestamp } from './ids.ts';
import { ObjectVersion } from './object.ts';

/** What a signature is bound to: the bytes about to be deployed and everything that argued for them. */
export const SignedSubject = z.object({
  model: ModelName,
  version: z.number().int().min(1),
  modelDigest: Sha256,
  datasetId: DatasetId,
  datasetSha256: Sha256,
  gatesSha256: Sha256,
  contextOfUseSha256: Sha256,
});
export type SignedSubject = z.infer<typeof SignedSubject>;

export const SIGNATURE_MEANINGS = ['approved-for-clinical-use', 'rejected'] as const;

export const ReviewDecisionRequest = z.object({
  decision: z.enum(['sign', 'reject']),
  printedName: z.string().trim().min(3).max(120),
  meaning: z.string().trim().min(10).max(500).describe('what the signature means, in the signer’s words (21 CFR 11.50)'),
  comment: z.string().max(2000).optional(),
  /** a second authentication: an ID token of a sign-in no older than five minutes, of the same person, other than the session's. */
  secondAuthentication: z.string().min(20),
});
export type ReviewDecisionRequest = z.infer<typeof ReviewDecisionRequest>;

/** 21 CFR 11.50: printed name, time, meaning; 11.70: bound to its record. `signature` is KMS over the SHA-256 of the canonical JSON of `statement`. */
export const Signature = z.object({
  signatureId: z.string(),
  statement: z.object({
    subject: SignedSubject,
    dossierSha256: Sha256.optional().describe('the page that the signer was shown'),
    printedName: z.string(),
    username: z.string(),
    userSubject: z.string(),
    roles: z.array(z.string()),
    meaning: z.string(),
    comment: z.string().optional(),
    decision: z.enum(['sign', 'reject']),
    signedAt: Timestamp,
    secondAuthenticationAt: Timestamp,
  }),
  statementSha256: Sha256,
  keyId: z.string(),
  algorithm: z.literal('ECDSA_SHA_256'),
  signature: z.string().describe('base64'),
});
export type Signature = z.infer<typeof Signature>;

export const Review = z.object({
  reviewId: ReviewId,
  runId: RunId,
  subject: SignedSubject,
  status: z.enum(['pending', 'signed', 'rejected', 'expired']),
  openedAt: Timestamp,
  expiresAt: Timestamp.optional(),
  dossier: ObjectVersion.optional(),
  decidedAt: Timestamp.optional(),
  signature: Signature.optional(),
});
export type Review = z.infer<typeof Review>;
