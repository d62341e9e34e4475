import * as z from 'zod';

const File = z.object({ type: z.string().max(64).nullish(), url: z.string().min(1).max(8192), count: z.number().int().min(0).nullish() });

/** The answer of a complete export. Version 4 of the IG calls `error` `outcome`; `link` with relation `next` leads to more files (version 3). */
const ManifestPage = z.object({
  transactionTime: z.string().max(64),
  // required, and yet left out by some: a token goes to the server's own origin alone in any case
  requiresAccessToken: z.boolean().default(true),
  output: z.array(File),
  deleted: z.array(File).nullish(),
  error: z.array(File).nullish(),
  outcome: z.array(File).nullish(),
  link: z.array(z.object({ relation: z.string(), url: z.string() })).nullish(),
});

export type ManifestFile = { kind: 'output' | 'deleted' | 'error'; type: string | null; url: string; count: number | null };
export type Manifest = { transactionTime: string; requiresAccessToken: boolean; files: ManifestFile[] };

export type ManifestReading = { ok: true; manifest: Manifest; next: string | null } | { ok: false; detail: string };

/** Reads one page; addresses may be relative to its own. A file named twice is taken once. */
export const readManifest = (json: unknown, url: string): ManifestReading => {
  const parsed = ManifestPage.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues.map(({ path }) => path.join('.') || 'the whole').slice(0, 3);
    return { ok: false, detail: `the manifest does not read as one of the Bulk Data Access IG: ${where.join(', ')}` };
  }
  const { transactionTime, requiresAccessToken, output, deleted, error, outcome, link } = parsed.data;
  const seen = new Set<string>();
  const filesOf = (kind: ManifestFile['kind'], files: z.infer<typeof File>[]): ManifestFile[] =>
    files.flatMap(({ type, url: address, count }) => {
      const absolute = URL.canParse(address, url) ? new URL(address, url).href : address;
      if (seen.has(absolute)) return [];
      seen.add(absolute);
      return [{ kind, type: type ?? null, url: absolute, count: count ?? null }];
    });
  const files = [...filesOf('output', output), ...filesOf('deleted', deleted ?? []), ...filesOf('error', [...(error ?? []), ...(outcome ?? [])])];
  const broken = files.findIndex((file) => !URL.canParse(file.url));
  if (broken >= 0) return { ok: false, detail: `file ${broken + 1} of the manifest has no valid address` };
  const next = link?.find(({ relation }) => relation === 'next')?.url ?? null;
  return { ok: true, manifest: { transactionTime, requiresAccessToken, files }, next: next !== null && URL.canParse(next, url) ? new URL(next, url).href : null };
};

/** Whether two manifests are of one export and differ at most in their links. */
export const sameExport = (a: Manifest, b: Manifest): boolean =>
  a.transactionTime === b.transactionTime &&
  a.files.length === b.files.length &&
  a.files.every(({ kind, type, count }, index) => kind === b.files[index]!.kind && type === b.files[index]!.type && count === b.files[index]!.count);

/** Neighbouring files of one kind that are downloaded together into the parts of one batch. */
export type Batch = { index: number; kind: ManifestFile['kind']; from: number; to: number };

/** At most `most` batches, apart from those that the change of kind adds. */
export const batchesOf = ({ files }: Manifest, most: number): Batch[] => {
  const size = Math.max(1, Math.ceil(files.length / Math.max(1, most - 2)));
  const batches: Batch[] = [];
  for (const [index, { kind }] of files.entries()) {
    const last = batches.at(-1);
    if (last && last.kind === kind && index - last.from < size) last.to = index + 1;
    else batches.push({ index: batches.length, kind, from: index, to: index + 1 });
  }
  return batches;
};
