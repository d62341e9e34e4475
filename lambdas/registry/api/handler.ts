import { auditChain, serve } from '../../adapters/api.ts';
import { changeDeprecation, getVersion, listDeprecations, listStageChanges, listVersions } from '../../adapters/model-version-store.ts';
import { getVerified } from '../../adapters/objects.ts';
import { publishRegistryEvent } from '../../adapters/registry-events.ts';
import { readLosses, readVersionFacts } from '../../adapters/version-facts.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { type Outcome, done, notFound, refused } from '../../contracts/outcome.ts';
import { lossCurves, subgroupErrors } from '../../domain/registry/comparison-charts.ts';
import { comparisonPage } from '../../domain/registry/comparison-page.ts';
import { type VersionFacts, compareVersions } from '../../domain/registry/comparison.ts';
import { deprecationAsked } from '../../domain/registry/deprecation.ts';
import { inProductionAt } from '../../domain/registry/history.ts';
import { deprecationChanged } from '../../domain/registry/own-changes.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

/** Loaded by who draws alone: it is most of what this function would hold. */
const charts = () => import('../../adapters/charts.ts');

/** Both versions of a comparison with what is compared of them. */
const factsOfTwo = async (model: string, { base, other }: { base: number; other: number }): Promise<Outcome<[VersionFacts, VersionFacts]>> => {
  if (base === other)
    return refused(400, 'Invalid request', `other: ${other} is the base itself, allowed: another version of ${model}`, [
      { field: 'other', value: other, allowed: 'another version than base' },
    ]);
  const [left, right] = await Promise.all([base, other].map((version) => getVersion(env.REGISTRY_TABLE, model, version)));
  if (!left) return notFound('model version', modelVersionId(model, base));
  if (!right) return notFound('model version', modelVersionId(model, other));
  return done([await readVersionFacts(env.REGISTRY_TABLE, left), await readVersionFacts(env.REGISTRY_TABLE, right)]);
};

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
      return done({
        items,
        inProduction: inProductionAt(items, query.at ?? new Date().toISOString()),
        deprecations: await listDeprecations(env.REGISTRY_TABLE, params.model),
      });
    },

    compareModelVersions: async ({ params, query }) => {
      const facts = await factsOfTwo(params.model, query);
      return facts.ok ? done(compareVersions(...facts.value)) : facts;
    },

    getComparisonPage: async ({ params, query }) => {
      const facts = await factsOfTwo(params.model, query);
      if (!facts.ok) return facts;
      const [base, other] = facts.value;
      const comparison = compareVersions(base, other);
      const { chartSvg } = await charts();
      const curves = lossCurves(comparison, { base: await readLosses(base.version), other: await readLosses(other.version) });
      return done(
        comparisonPage(comparison, {
          subgroups: comparison.subgroups.length > 0 ? await chartSvg(subgroupErrors(comparison)) : null,
          losses: curves ? await chartSvg(curves) : null,
        }),
      );
    },

    deprecateModelVersion: async ({ params: { model, version }, body, caller, audit }) => {
      const [standing, successor] = await Promise.all([
        getVersion(env.REGISTRY_TABLE, model, version),
        body.replacedBy === undefined ? null : getVersion(env.REGISTRY_TABLE, model, body.replacedBy),
      ]);
      if (!standing) return notFound('model version', modelVersionId(model, version));
      const now = new Date().toISOString();
      const asked = deprecationAsked(standing, body, successor, now.slice(0, 10));
      if (!asked.ok) return asked;
      if (asked.value === null) return done(standing, 200);
      const { reason, replacedBy, endOfUse } = body;
      const terms = { reason, ...(replacedBy === undefined ? {} : { replacedBy }), ...(endOfUse === undefined ? {} : { endOfUse }), at: now, by: caller.username };
      Object.assign(audit, { deprecated: asked.value.deprecated, reason, replacedBy, endOfUse });
      if (!(await changeDeprecation(env.REGISTRY_TABLE, model, standing, { ...terms, version, deprecated: asked.value.deprecated })))
        return refused(409, 'Changed meanwhile', `the deprecation of ${modelVersionId(model, version)} was changed by somebody else: look at it again`);
      await publishRegistryEvent(env.REGISTRY_BUS, deprecationChanged(model, version, asked.value.deprecated, reason));
      return done((await getVersion(env.REGISTRY_TABLE, model, version))!);
    },

    getModelCard: async ({ params }) => {
      const version = await getVersion(env.REGISTRY_TABLE, params.model, params.version);
      if (!version?.card) return notFound('model card', modelVersionId(params.model, params.version));
      return done((await getVerified(version.card)).toString('utf8'));
    },
  },
  auditChain(env.AUDIT_TABLE),
);
