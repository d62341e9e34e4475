import { auditChain, serve } from '../../adapters/api.ts';
import { listCheckpoints, readChain, signCheckpoint } from '../../adapters/checkpoints.ts';
import { edgesDown, edgesUp } from '../../adapters/lineage-store.ts';
import { publicKeyPem } from '../../adapters/signature.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import { MOST_EDGES, walkLineage } from '../../domain/governance/lineage.ts';
import { openApiDocument } from '../../domain/governance/openapi.ts';
import { VERSION } from '../../../config/version.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const checkpoints = { table: env.AUDIT_TABLE, bucket: env.AUDIT_BUCKET, keyId: env.CHECKPOINT_KEY_ID, retentionDays: env.AUDIT_RETENTION_DAYS };

export const handler = serve(
  {
    getHealth: async () => done({ status: 'ok' as const, environment: env.PROBAND_ENVIRONMENT, version: VERSION }),

    getOpenApi: async () => done(openApiDocument()),

    exportAudit: async ({ query }) => {
      const [events, signed, pem] = await Promise.all([readChain(env.AUDIT_TABLE, query.from, query.limit), listCheckpoints(env.AUDIT_TABLE), publicKeyPem(env.CHECKPOINT_KEY_ID)]);
      const last = events.at(-1)?.sequence;
      return done({ format: 'proband-audit-1' as const, exportedAt: new Date().toISOString(), publicKeyPem: pem, events, checkpoints: signed, next: events.length < query.limit || last === undefined ? null : last + 1 });
    },

    createCheckpoint: async ({ audit }) => {
      const checkpoint = await signCheckpoint(checkpoints, new Date());
      if (!checkpoint) return refused(409, 'Empty chain', 'nothing has been audited yet');
      Object.assign(audit, { sequence: checkpoint.sequence });
      return done(checkpoint);
    },

    getLineage: async ({ params }) => {
      const walk = await walkLineage(decodeURIComponent(params.id), (id, direction) => (direction === 'up' ? edgesUp : edgesDown)(env.LINEAGE_TABLE, id, MOST_EDGES));
      return walk.upstream.length + walk.downstream.length > 0 ? done(walk) : notFound('lineage of', params.id);
    },
  },
  auditChain(env.AUDIT_TABLE),
);
