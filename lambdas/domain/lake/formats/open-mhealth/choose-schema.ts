import { MEASURES } from './measures.ts';
import { SCHEMAS, type SchemaId, requiredOf, violationsOf } from './schemas.ts';

type Body = Readonly<Record<string, unknown>>;

const isMeasure = (property: string): boolean => MEASURES.has(property) || property === 'activity_name';

/**
 * The schema of a body that comes without a header and whose schema nobody says. Candidates are the versions that demand a measure which it
 * holds and that read its value, newest first; it is held against the first that accepts it, or, where none does, against the newest. A
 * version that demands no time is not asked where another does: today's versions refuse what only it accepts, and a value without its time
 * has no place in a life.
 */
export const chooseSchema = (body: Body): SchemaId | null => {
  const named = SCHEMAS.filter((schema) => requiredOf(schema).some((property) => isMeasure(property) && property in body));
  const readable = named.filter((schema) => violationsOf(schema, body, 'optional').every(({ instancePath }) => !isMeasure(instancePath.split('/')[1] ?? '')));
  const dated = readable.filter((schema) => requiredOf(schema).includes('effective_time_frame'));
  const candidates = dated.length > 0 ? dated : readable;
  return candidates.find((schema) => violationsOf(schema, body, 'optional').length === 0) ?? candidates[0] ?? named[0] ?? null;
};
