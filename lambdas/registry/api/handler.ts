import { auditChain, serve } from '../../adapters/api.ts';
import { getVersion, listStageChanges, listVersions } from '../../adapters/model-version-store.ts';
import { getVerified } from '../../adapters/objects.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { done, notFound } from '../../contracts/outcome.ts';
import { inProductionAt } from '../../domain/registry/history.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    listModelVersions: async ({ params, query }) => done({ items: await listVersions(env.REGISTRY_TABLE, params.model, query.limit) }),

    getModelVersion: async ({ params }) => {
      const version = await getVersion(env.REGISTRY_TABLE, params.model, params.version);
      return version ? done(version) : notFound('model version', modelVersionId(params.model, params.version));
    },

    getModelHistory: async ({ params, query }) => {
      const items = await listStageChanges(env.REGISTRY_TABLE, params.model);
      if (items.length === 0) return notFound('model', params.model);
      return done({ items, inProduction: inProductionAt(items, query.at ?? new Date().toISOString()) });
    },

    getModelCard: async ({ params }) => {
      const version = await getVersion(env.REGISTRY_TABLE, params.model, params.version);
      if (!version?.card) return notFound('model card', modelVersionId(params.model, params.version));
      return done((await getVerified(version.card)).toString('utf8'));
    },
  },
  auditChain(env.AUDIT_TABLE),
);
