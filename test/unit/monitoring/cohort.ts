import { assembleCohort, type LakePerson, type LakeValue } from '../../../lambdas/domain/training/cohort.ts';
import type { ReferenceRow, WindowRow } from '../../../lambdas/domain/monitoring/watched.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';
import { ingestFile } from '../lake/ingest-file.ts';

export const { featureView: VIEW } = requireModel('warfarin');

export type SitePatient = ReferenceRow & { site: string };

/** A file in the columns of the IWPC's export, through ingest and feature view as the platform reads it, in memory. */
export const cohortOf = async (path: string): Promise<SitePatient[]> => {
  const { rows } = await ingestFile({ path });
  const sites = new Map(rows.flatMap(({ row }) => (row.table === 'care_site' ? [[row.care_site_id, String(row.care_site_source_value)] as const] : [])));
  const persons: LakePerson[] = [];
  const values: LakeValue[] = [];
  for (const { row } of rows) {
    if (row.table === 'person')
      persons.push({
        personId: row.person_id as number,
        site: sites.get(row.care_site_id) ?? '',
        indexDate: '',
        use: 'development',
        gender: row.gender_source_value as string | null,
        race: row.race_source_value as string | null,
        yearOfBirth: row.year_of_birth as number,
      });
    if (row.table === 'measurement')
      values.push({
        personId: row.person_id as number,
        table: 'measurement',
        sourceValue: String(row.measurement_source_value),
        number: (row.value_as_number ?? null) as number | null,
        text: null,
        source: (row.value_source_value ?? null) as string | null,
      });
    if (row.table === 'observation')
      values.push({
        personId: row.person_id as number,
        table: 'observation',
        sourceValue: String(row.observation_source_value),
        number: (row.value_as_number ?? null) as number | null,
        text: (row.value_as_string ?? null) as string | null,
        source: (row.value_source_value ?? null) as string | null,
      });
  }
  return assembleCohort(VIEW, persons, values).rows.map(({ raw, label, site }) => ({ features: raw, observed: label, predicted: null, site }));
};

type Served = { reference: ReferenceRow[]; intervalLevel: number; serve: (patients: readonly ReferenceRow[]) => (WindowRow & { observed: number })[] };

/** Predictions for patients as if served by a model that knows the genotype's mean dose alone, with intervals of about 90 % whose level is what they cover of the reference: doses repeat, so no cut leaves exactly 5 %. */
export const servedByGenotype = (reference: readonly ReferenceRow[]): Served => {
  const genotypeOf = ({ features }: ReferenceRow): string => String(features['vkorc1']);
  const means = new Map(
    [...Map.groupBy(reference, genotypeOf)].map(([genotype, members]) => [genotype, members.reduce((sum, { observed }) => sum + observed, 0) / members.length]),
  );
  const predicted = (row: ReferenceRow): number => means.get(genotypeOf(row)) ?? 35;
  const ratios = reference.map((row) => row.observed / predicted(row)).sort((a, b) => a - b);
  const [low, high] = [0.05, 0.95].map((share) => ratios[Math.floor(share * ratios.length)]!) as [number, number];
  const serve: Served['serve'] = (patients) =>
    patients.map((row) => ({
      features: row.features,
      observed: row.observed,
      predicted: predicted(row),
      lower: low * predicted(row),
      upper: high * predicted(row),
      latencyMs: 10,
    }));
  const served = serve(reference);
  return {
    reference: reference.map((row) => ({ ...row, predicted: predicted(row) })),
    intervalLevel: served.filter(({ observed, lower, upper }) => lower <= observed && observed <= upper).length / served.length,
    serve,
  };
};
