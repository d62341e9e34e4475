import { createHmac, hash } from 'node:crypto';

/**
 * One keyed secret per namespace, made inside KMS from the non-exportable HMAC key and this label. It keys an HMAC-SHA256 in process, in
 * place of one KMS call per row. That is sound as a key derivation (NIST SP 800-108r1, KDF in counter mode with HMAC as its PRF has the
 * same form): without the KMS key the secret cannot be computed, with it the same secret comes back for every ingest, it lives only in
 * the memory of the step, and one namespace's secret tells nothing of another's.
 */
export const secretLabel = (namespace: string): string => `proband pseudonym v1 ${namespace}`;

/** A person's pseudonym: 43 characters of base64url, all 256 bits of the keyed hash, fit for `person_source_value` (50). */
export const pseudonymOf = (secret: Uint8Array, namespace: string, subject: string): string => createHmac('sha256', secret).update(`${namespace}:${subject}`).digest('base64url');

/** The first 53 bits of a hash as a positive integer: exact in JavaScript and in BIGINT. */
const first53Bits = (digest: Buffer): number => Math.max(1, Number(digest.readBigUInt64BE() >> 11n));

/** `person_id` of a pseudonym. Two among a million people share one with probability 6e-5: the caller checks. */
export const personIdOf = (pseudonym: string): number => first53Bits(Buffer.from(pseudonym, 'base64url'));

/** `care_site_id` of a site code; a site is no person, so no key. */
export const careSiteIdOf = (namespace: string, site: string): number => first53Bits(hash('sha256', `${namespace}:${site}`, 'buffer'));

export const partitionOf = (id: number, partitions: number): number => id % partitions;
