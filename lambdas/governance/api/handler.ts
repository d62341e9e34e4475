import openApi from '../../../docs/openapi.json' with { type: 'json' };
import { VERSION } from '../../../config/version.ts';
import { auditChain, serve } from '../../adapters/api.ts';
import { chainHead, listCheckpoints, readChain, sealChain } from '../../adapters/checkpoints.ts';
import { neighboursIn } from '../../adapters/lineage-neighbours.ts';
import { publicKeyPem } from '../../adapters/signing-key.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import { fittingEvents } from '../../domain/governance/export-page.ts';
import { walkLineage } from '../../domain/governance/lineage.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const vault = { table: env.AUDIT_TABLE, bucket: env.AUDIT_BUCKET, keyId: env.CHECKPOINT_KEY_ID };

export const handler = serve(
  {
    getHealth: async () => done({ status: 'ok' as const, environment: env.PROBAND_ENVIRONMENT, version: VERSION }),

    getOpenApi: async () => done(openApi),

    exportAudit: async ({ query: { from, limit } }) => {
      const head = await chainHead(env.AUDIT_TABLE);
      const allowed = head ? `0 to ${head.sequence}` : 'nothing, the chain is empty';
      if (!head || from > head.sequence) return refused(400, 'Invalid request', `from: ${from}, allowed: ${allowed}`, [{ field: 'from', value: from, allowed }]);
      const reachesEnd = from + limit > head.sequence;
      // the last page ends with a sealed event, so that no event of an export can be dropped unseen
      const to = reachesEnd ? (await sealChain(vault, new Date()))!.sequence : from + limit - 1;
      const events = fittingEvents(await readChain(env.AUDIT_TABLE, from, to));
      const end = events.at(-1)!.sequence;
      const [checkpoints, pem] = await Promise.all([listCheckpoints(env.AUDIT_TABLE), publicKeyPem(env.CHECKPOINT_KEY_ID)]);
      return done({
        format: 'proband-audit-1' as const,
        exportedAt: new Date().toISOString(),
        publicKeyPem: pem,
        events,
        checkpoints,
        next: reachesEnd && end === to ? null : end + 1,
      });
    },

    createCheckpoint: async ({ audit }) => {
      const checkpoint = await sealChain(vault, new Date());
      if (!checkpoint) return refused(409, 'Empty chain', 'nothing has been audited yet');
      Object.assign(audit, { sequence: checkpoint.sequence, hash: checkpoint.hash });
      return done(checkpoint);
    },

    getLineage: async ({ params }) => {
      // `@` of a model version's id; not every gateway decodes it
      const id = params.id.replace('%40', '@');
      const walk = await walkLineage(id, neighboursIn(env.LINEAGE_TABLE));
      return walk.upstream.length + walk.downstream.length > 0 ? done(walk) : notFound('lineage of', id);
    },
  },
  auditChain(env.AUDIT_TABLE),
);
