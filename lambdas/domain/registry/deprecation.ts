import { modelVersionId } from '../../contracts/ids.ts';
import type { Deprecation, DeprecationRequest, ModelVersion } from '../../contracts/model-version.ts';
import { type Outcome, done, refused } from '../../contracts/outcome.ts';

const sameTerms = (standing: Deprecation, wanted: DeprecationRequest): boolean =>
  standing.reason === wanted.reason && standing.replacedBy === wanted.replacedBy && standing.endOfUse === wanted.endOfUse;

/**
 * What a version's deprecation becomes; null: what is asked for stands already. `successor`: the version that `replacedBy` names, null
 * where there is none.
 */
export const deprecationAsked = (
  version: Pick<ModelVersion, 'model' | 'version' | 'deprecation'>,
  wanted: DeprecationRequest,
  successor: Pick<ModelVersion, 'version' | 'deprecation'> | null,
  today: string,
): Outcome<{ deprecated: boolean } | null> => {
  const id = modelVersionId(version.model, version.version);
  if (!wanted.deprecated) {
    if (wanted.replacedBy !== undefined || wanted.endOfUse !== undefined)
      return refused(400, 'Invalid request', 'deprecated: false takes a deprecation back; replacedBy and endOfUse belong to a deprecation');
    return done(version.deprecation ? { deprecated: false } : null);
  }
  if (wanted.endOfUse !== undefined && wanted.endOfUse < today)
    return refused(400, 'Invalid request', `endOfUse: ${wanted.endOfUse} is past, allowed: ${today} or later`, [
      { field: 'endOfUse', value: wanted.endOfUse, allowed: `${today} or later` },
    ]);
  if (wanted.replacedBy !== undefined) {
    const problem =
      wanted.replacedBy === version.version
        ? `${id} can't replace itself`
        : !successor
          ? `there is no ${modelVersionId(version.model, wanted.replacedBy)}`
          : successor.deprecation
            ? `${modelVersionId(version.model, wanted.replacedBy)} is deprecated itself`
            : null;
    if (problem)
      return refused(409, 'No such successor', problem, [{ field: 'replacedBy', value: wanted.replacedBy, allowed: 'another version of the model that is not deprecated' }]);
  }
  return done(version.deprecation && sameTerms(version.deprecation, wanted) ? null : { deprecated: true });
};
