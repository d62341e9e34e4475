import * as z from 'zod';
import { Sha256, Timestamp } from '../../lambdas/contracts/ids.ts';
import { Project } from '../../lambdas/contracts/project.ts';
import type { Owner } from './source.ts';

/** A project in one file; docs/projects.md describes it. */
export const FORMAT = 'proband-project-archive';
export const FORMAT_VERSION = 1;

export const Manifest = z.object({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  /** the tracking address of the project when it was exported */
  origin: z.string(),
  project: Project,
  exportedAt: Timestamp,
  counts: z.record(z.string(), z.number().int()),
  /** what could not be read */
  left: z.array(z.object({ what: z.string(), why: z.string() })),
  members: z.array(z.object({ path: z.string(), bytes: z.number().int(), sha256: Sha256 })),
});
export type Manifest = z.infer<typeof Manifest>;

/** Members of an archive. Ids and names are in the entities; a file's own path follows its owner's folder. */
export const MEMBERS = {
  manifest: 'manifest.json',
  experiments: 'experiments.ndjson',
  runs: (experimentId: string) => `runs/${experimentId}.ndjson`,
  metrics: (runId: string) => `metrics/${runId}.ndjson`,
  loggedModels: (experimentId: string) => `logged-models/${experimentId}.ndjson`,
  registeredModels: 'registered-models.ndjson',
  modelVersions: 'model-versions.ndjson',
  artifacts: (owner: Owner) => ('run' in owner ? `artifacts/runs/${owner.run}/` : `artifacts/models/${owner.model}/`),
} as const;
