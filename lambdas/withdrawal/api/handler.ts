import { LAKE_PARTITIONS } from '../../../config/catalog/stores.ts';
import { auditChain, serve } from '../../adapters/api.ts';
import { neighboursIn } from '../../adapters/lineage-neighbours.ts';
import { ingestsOfPerson } from '../../adapters/person-ingests.ts';
import { pseudonymSecret } from '../../adapters/pseudonym-secret.ts';
import { putWithdrawal } from '../../adapters/withdrawal-store.ts';
import { done, refused } from '../../contracts/outcome.ts';
import { walkLineage } from '../../domain/governance/lineage.ts';
import { partitionOf, personIdOf, pseudonymOf } from '../../domain/lake/pseudonym.ts';
import { findSource, sourceNames } from '../../domain/lake/sources.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createWithdrawal: async ({ body, caller, audit }) => {
      const source = findSource(body.source);
      if (!source) {
        const allowed = `one of ${sourceNames().join(', ')}`;
        return refused(400, 'Unknown source', `source: "${body.source}" is not ${allowed}`, [{ field: 'source', value: body.source, allowed }]);
      }
      const secret = await pseudonymSecret(env.PSEUDONYM_KEY_ID, source.namespace);
      const personId = personIdOf(pseudonymOf(secret, source.namespace, body.subject));
      const withdrawn = await putWithdrawal(env.LAKE_TABLE, { personId, withdrawnAt: new Date().toISOString(), withdrawnBy: caller.username });
      const ingests = await ingestsOfPerson({ bucket: env.LAKE_BUCKET, table: env.LAKE_TABLE }, partitionOf(personId, LAKE_PARTITIONS), personId);
      const walks = await Promise.all(ingests.map((ingestId) => walkLineage(ingestId, neighboursIn(env.LINEAGE_TABLE))));
      const touched = [...new Set(walks.flatMap(({ downstream }) => downstream.map(({ to }) => to)))].sort();
      const withdrawal = { ...withdrawn, ingests, datasets: touched.filter((id) => id.startsWith('ds_')), modelVersions: touched.filter((id) => id.includes('@')) };
      Object.assign(audit, { personId, ingests, datasets: withdrawal.datasets, modelVersions: withdrawal.modelVersions });
      return done(withdrawal, 201);
    },
  },
  auditChain(env.AUDIT_TABLE),
);
