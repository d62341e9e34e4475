import type { Draft } from '../../reading.ts';
import type { Elements } from './elements.ts';
import type { References } from './references.ts';

/** What a resource's rows need to know of where it stands. `file`: its place in the set. */
export type Context = { record: string; index: References; file?: number };

/** Makes the rows of a resource; what speaks against it is added to the elements' findings. */
export type Maker = (elements: Elements, context: Context) => Draft[];

/** Type concepts by provenance: EHR, EHR encounter record, EHR prescription (OHDSI/dbt-synthea, macros and models at 75a1e12ae218). */
export const EHR = 32817;
export const EHR_ENCOUNTER = 32827;
export const EHR_PRESCRIPTION = 32838;
