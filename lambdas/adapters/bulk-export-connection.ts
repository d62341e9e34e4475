import { setTimeout as sleep } from 'node:timers/promises';
import { BULK_EXPORT } from '../../config/catalog/bulk-export.ts';
import type { Export } from '../contracts/export.ts';
import type { ExportEnvironment } from '../contracts/export-environment.ts';
import type { AddressPolicy } from '../domain/lake/bulk-export/address-policy.ts';
import type { Connection } from '../domain/lake/bulk-export/exchange.ts';
import type { ProgressStore } from '../domain/lake/bulk-export/steps.ts';
import { authorizationOf } from './bulk-export-auth.ts';
import { httpExchange } from './outbound-http.ts';
import { progressStore } from './bulk-export-progress.ts';
import { credentialsFor } from './bulk-export-secrets.ts';
import { getExport } from './export-store.ts';

export const policyOf = (env: Pick<ExportEnvironment, 'FHIR_SERVERS' | 'FHIR_LOOPBACK'>): AddressPolicy => ({
  servers: env.FHIR_SERVERS.split(',').filter(Boolean),
  loopback: env.FHIR_LOOPBACK === '1',
});

/** An export as its steps see it. The credentials are fetched with the first request that needs them, and stay in this process. */
export const openExport = async (env: ExportEnvironment, exportId: string): Promise<{ document: Export; connection: Connection; store: ProgressStore }> => {
  const document = await getExport(env.LAKE_TABLE, exportId);
  if (!document) throw new Error(`there is no export ${exportId}`);
  const { server, credentials, level, group, types, since } = document;
  const exchange = httpExchange(policyOf(env));
  const connection: Connection = {
    base: server,
    exchange,
    authorization: lazily(async () => authorizationOf(await credentialsFor(env.FHIR_SECRETS, credentials, server), exchange)),
    limits: { ...BULK_EXPORT, longestWaitSeconds: Number(env.FHIR_LONGEST_WAIT_SECONDS) },
    now: Date.now,
    sleep: (seconds) => sleep(seconds * 1000),
  };
  return { document, connection, store: progressStore(env.LAKE_TABLE, env.LANDING_BUCKET, exportId, { level, group, types, since }) };
};

/** One sign-in for all requests of the process. */
const lazily = (open: () => Promise<Connection['authorization']>): Connection['authorization'] => {
  let opened: Promise<Connection['authorization']> | undefined;
  return async (renewed) => {
    opened ??= open();
    return (await opened)(renewed);
  };
};

/** Step Functions waits whole seconds. */
export const wholeSeconds = (seconds: number): number => Math.max(1, Math.ceil(seconds));
