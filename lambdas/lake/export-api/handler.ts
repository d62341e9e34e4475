import { ulid } from 'ulid';
import { auditChain, serve } from '../../adapters/api.ts';
import { keyOf } from '../../adapters/bulk-export-auth.ts';
import { policyOf } from '../../adapters/bulk-export-connection.ts';
import { putCredentials } from '../../adapters/bulk-export-secrets.ts';
import { getExport, putExport } from '../../adapters/export-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import type { Export } from '../../contracts/export.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import { refusalOfServer } from '../../domain/lake/bulk-export/address-policy.ts';
import { RequestRefused } from '../../domain/outbound/exchange.ts';
import { findSource, sourceNames, updateSourceOf } from '../../domain/lake/sources.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
/** What a Bulk Data export brings. */
const FORMAT = 'fhir-ndjson';

export const handler = serve(
  {
    createFhirServer: async ({ body, audit }) => {
      const { name, ...credentials } = body;
      const refusal = refusalOfServer(credentials.url, policyOf(env)) ?? (credentials.auth === 'smart' ? await refusalOfKey(credentials) : null);
      if (refusal !== null) return refused(400, 'Server not accepted', refusal);
      await putCredentials(env.FHIR_SECRETS, env.SECRETS_KEY_ID, name, credentials);
      const { url, auth } = credentials;
      Object.assign(audit, { name, origin: new URL(url).origin, auth });
      return done({ name, url, auth });
    },

    createExport: async ({ body, caller, audit }) => {
      const refusal = refusalOfServer(body.server, policyOf(env));
      if (refusal !== null) return refused(400, 'Server not accepted', refusal);
      const ofFormat = sourceNames().filter((name) => String(findSource(name)!.format) === FORMAT);
      if (!ofFormat.includes(body.source)) {
        const allowed = `one of ${ofFormat.join(', ')}, whose format is ${FORMAT}`;
        return refused(400, 'Unknown source', `source: "${body.source}" is not ${allowed}`, [{ field: 'source', value: body.source, allowed }]);
      }
      const now = new Date();
      const source = body.since !== undefined || body.types?.includes('Patient') === false ? updateSourceOf(body.source) : body.source;
      const document: Export = { ...body, source, exportId: `exp_${ulid(now.getTime())}`, status: 'requested', createdAt: now.toISOString(), createdBy: caller.username };
      await putExport(env.LAKE_TABLE, document);
      await startMachine(env.EXPORT_MACHINE_ARN, document.exportId, { exportId: document.exportId });
      const { exportId, use, level, types, since, credentials } = document;
      Object.assign(audit, { exportId, source, use, origin: new URL(document.server).origin, level, types, since, credentials });
      return done(document);
    },

    getExport: async ({ params }) => {
      const document = await getExport(env.LAKE_TABLE, params.exportId);
      return document ? done(document) : notFound('export', params.exportId);
    },
  },
  auditChain(env.AUDIT_TABLE),
);

const refusalOfKey = async (credentials: { privateKey: string; keyId?: string | undefined }): Promise<string | null> => {
  try {
    await keyOf(credentials);
    return null;
  } catch (error) {
    if (error instanceof RequestRefused) return error.message;
    throw error;
  }
};
