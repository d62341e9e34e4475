import type { ExportRequest } from '../../../contracts/export.ts';
import { ask } from './ask.ts';
import type { Connection } from './exchange.ts';
import { type HttpAnswer, type HttpRequest, readJson } from '../../outbound/exchange.ts';
import { issuesOf, saidBy } from './operation-outcome.ts';
import { waitSeconds } from './retry-after.ts';
import { isTransient } from '../../outbound/retry-after.ts';

/** Bulk Data Access IG: the format of the output, asked for at kick-off and at each download. */
export const NDJSON = 'application/fhir+ndjson';

/** What of the request the server is told. */
export type Asked = Pick<ExportRequest, 'level' | 'group' | 'types' | 'since'>;

export type KickOff = { outcome: 'accepted'; statusUrl: string; waitSeconds: number } | { outcome: 'wait'; waitSeconds: number } | { outcome: 'refused'; detail: string };

export const exportUrl = (base: string, { level, group }: Asked): URL => {
  const path = { system: '$export', patient: 'Patient/$export', group: `Group/${group}/$export` }[level];
  return new URL(path, base.endsWith('/') ? base : `${base}/`);
};

const parametersOf = ({ types, since }: Asked): [string, string][] => [
  ['_outputFormat', NDJSON],
  ...(types ? [['_type', types.join(',')] as [string, string]] : []),
  ...(since ? [['_since', since] as [string, string]] : []),
];

const HEADERS = { accept: 'application/fhir+json', prefer: 'respond-async' };

const byGet = (base: string, asked: Asked): HttpRequest => {
  const url = exportUrl(base, asked);
  for (const [name, value] of parametersOf(asked)) url.searchParams.set(name, value);
  return { method: 'GET', url: url.href, headers: HEADERS };
};

/** The one way of version 4 of the IG, where each type is a parameter of its own. */
const byPost = (base: string, asked: Asked): HttpRequest => ({
  method: 'POST',
  url: exportUrl(base, asked).href,
  headers: { ...HEADERS, 'content-type': 'application/fhir+json' },
  body: JSON.stringify({
    resourceType: 'Parameters',
    parameter: [
      { name: '_outputFormat', valueString: NDJSON },
      ...(asked.since ? [{ name: '_since', valueInstant: asked.since }] : []),
      ...(asked.types ?? []).map((type) => ({ name: '_type', valueString: type })),
    ],
  }),
});

/** Asks the server for an export. `failures`: the transient answers before. */
export const kickOff = async (connection: Connection, asked: Asked, failures: number): Promise<KickOff> => {
  let request = byGet(connection.base, asked);
  let answer = await ask(connection, request);
  if (answer.status === 405 || answer.status === 501) {
    answer.discard();
    request = byPost(connection.base, asked);
    answer = await ask(connection, request);
  }
  return judged(connection, request.url, answer, failures);
};

const judged = async ({ now, limits }: Connection, url: string, answer: HttpAnswer, failures: number): Promise<KickOff> => {
  const { status, headers } = answer;
  if (status === 202) {
    answer.discard();
    const location = headers['content-location'];
    if (location === undefined || !URL.canParse(location, url))
      return { outcome: 'refused', detail: 'the server accepted the export and named no status address (Content-Location)' };
    return { outcome: 'accepted', statusUrl: new URL(location, url).href, waitSeconds: waitSeconds(headers['retry-after'], 0, now(), limits) };
  }
  const issues = issuesOf(await readJson(answer));
  if (isTransient(status) || issues.some(({ code }) => code === 'transient')) return { outcome: 'wait', waitSeconds: waitSeconds(headers['retry-after'], failures, now(), limits) };
  return { outcome: 'refused', detail: `the server refused the export (${saidBy(status, issues)})` };
};
