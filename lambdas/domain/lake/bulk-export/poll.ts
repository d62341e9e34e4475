import { ask } from './ask.ts';
import type { Connection, Limits } from './exchange.ts';
import { readJson } from '../../outbound/exchange.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { issuesOf, saidBy } from './operation-outcome.ts';
import { waitSeconds } from './retry-after.ts';
import { isTransient } from '../../outbound/retry-after.ts';

export type Poll =
  | { outcome: 'in-progress'; waitSeconds: number; percent: number | null }
  | { outcome: 'wait'; waitSeconds: number }
  | { outcome: 'complete'; manifest: Manifest }
  | { outcome: 'gone' }
  | { outcome: 'refused'; detail: string };

const MOST_PAGES = 200;

/** Asks how far the export is. `polls` and `failures`: how often it was in progress, or the server was not able to answer, before. */
export const poll = async (connection: Connection, statusUrl: string, polls: number, failures: number): Promise<Poll> => {
  const { now, limits } = connection;
  let url = statusUrl;
  let whole: Manifest | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await ask(connection, { method: 'GET', url, headers: { accept: 'application/json' } });
    const { status, headers } = answer;
    if (status === 202) {
      answer.discard();
      return { outcome: 'in-progress', waitSeconds: betweenPolls(headers['retry-after'], polls, now(), limits), percent: percentOf(headers['x-progress']) };
    }
    const json = await readJson(answer);
    if (status === 200) {
      const read = readManifest(json, url);
      if (!read.ok) return { outcome: 'refused', detail: read.detail };
      whole = { ...read.manifest, files: [...(whole?.files ?? []), ...read.manifest.files] };
      if (read.next === null) return { outcome: 'complete', manifest: whole };
      url = read.next;
      continue;
    }
    const issues = issuesOf(json);
    if (isTransient(status) || issues.some(({ code }) => code === 'transient'))
      return { outcome: 'wait', waitSeconds: waitSeconds(headers['retry-after'], failures, now(), limits) };
    if (status === 404 || status === 410) return { outcome: 'gone' };
    return { outcome: 'refused', detail: `the server ended the export (${saidBy(status, issues)})` };
  }
  return { outcome: 'refused', detail: `the manifest has more than ${MOST_PAGES} pages` };
};

const betweenPolls = (retryAfter: string | undefined, polls: number, now: number, limits: Limits): number =>
  Math.max(waitSeconds(retryAfter, polls, now, limits), polls >= limits.patientAfterPolls ? Math.min(limits.patientSeconds, limits.longestWaitSeconds) : 0);

/** Of the server's own words only a percentage is kept: they are free text. */
const percentOf = (progress: string | undefined): number | null => {
  const [, percent] = /(\d{1,3}(?:\.\d{1,3})?)\s*%/.exec(progress ?? '') ?? [];
  return percent === undefined || Number(percent) > 100 ? null : Number(percent);
};
