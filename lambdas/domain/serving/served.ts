import { modelVersionId } from '../../contracts/ids.ts';
import type { ModelVersion, StageChange } from '../../contracts/model-version.ts';
import type { Signature } from '../../contracts/review.ts';
import type { Deployment } from '../../contracts/rollout.ts';
import type { Served, ServedRouting } from '../../contracts/served.ts';
import { routesOf } from './routing.ts';

/** First and last moment of a day in UTC. */
export const dayOf = (date: string): { from: string; to: string } => ({ from: `${date}T00:00:00.000Z`, to: `${date}T23:59:59.999Z` });

/**
 * Whose answer a subject would have got between two moments: one entry for each revision of the deployment that stood in that time.
 * Answers may lag behind a revision by as long as a process goes by the deployment that it has read (seconds).
 */
export const routingDuring = (revisions: readonly Deployment[], key: string, subjectKey: string, from: string, to: string): ServedRouting[] => {
  const [first, last] = [Date.parse(from), Date.parse(to)];
  const ordered = [...revisions].sort((a, b) => a.revision - b.revision);
  return ordered.flatMap((revision, index) => {
    const begins = Math.max(Date.parse(revision.updatedAt), first);
    const next = ordered[index + 1];
    const ends = Math.min(next ? Date.parse(next.updatedAt) : last, last);
    if (begins >= ends) return [];
    const route = routesOf(revision, key, subjectKey)[0];
    return [
      {
        from: new Date(begins).toISOString(),
        to: new Date(ends).toISOString(),
        revision: revision.revision,
        version: route?.version ?? null,
        role: route?.role ?? null,
        ...(revision.rollout ? { rollout: revision.rollout } : {}),
      },
    ];
  });
};

/** The versions that answered or would have answered, each once. */
export const versionsIn = (answers: readonly { version: number }[], routing: readonly Pick<ServedRouting, 'version'>[]): number[] =>
  [...new Set([...answers.map(({ version }) => version), ...routing.flatMap(({ version }) => (version === null ? [] : [version]))])].sort((a, b) => a - b);

/** What a version was at a moment: its bytes, who signed it by then, the stages it had been in. */
export const servedVersion = (version: ModelVersion, signature: Signature | null, history: readonly StageChange[], until: string): Served['versions'][number] => {
  const { statement } = signature ?? {};
  const signed = signature && statement && statement.decision === 'sign' && statement.signedAt <= until;
  return {
    modelVersion: modelVersionId(version.model, version.version),
    modelDigest: version.digests.model,
    datasetId: version.datasetId,
    contextOfUse: version.contextOfUse.name,
    signature: signed
      ? { signatureId: signature.signatureId, signer: statement.username, printedName: statement.printedName, meaning: statement.meaning, signedAt: statement.signedAt }
      : null,
    stages: history.filter((change) => change.version === version.version && change.at <= until),
    ...(version.deprecation && version.deprecation.at <= until ? { deprecation: version.deprecation } : {}),
  };
};
