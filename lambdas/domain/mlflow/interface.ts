import { createHash } from 'node:crypto';
import mime from 'mime';
import { ProjectName } from '../../contracts/project.ts';

/**
 * MLflow's own web interface: compiled files that address everything relative to the page they were loaded by, which therefore lies at
 * `/mlflow/<project>/`.
 */
export type Wanted = { kind: 'file'; name: string } | { kind: 'page'; project: string } | { kind: 'redirect'; to: string; status: 302 | 308 } | { kind: 'nothing' };

const FILES = 'static-files/';

/** What a GET below /mlflow asks for. `apiPath` is what the API's address begins with. */
export const wantedBy = (rawPath: string, apiPath = ''): Wanted => {
  const [, project, rest] = /^\/mlflow\/([^/]+)(?:\/(.*))?$/s.exec(rawPath) ?? [];
  if (project === undefined || !ProjectName.safeParse(project).success) return { kind: 'nothing' };
  if (rest === undefined) return { kind: 'redirect', to: `${project}/`, status: 302 };
  if (rest === '') return { kind: 'page', project };
  if (rest.startsWith(FILES)) return { kind: 'file', name: rest.slice(FILES.length) };
  // clients that join addresses with a slash too many: their call has a route of its own
  if (/^\/+[^/]/.test(rest)) return { kind: 'redirect', to: `${apiPath}/mlflow/${project}/${rest.replace(/^\/+/, '')}`, status: 308 };
  return { kind: 'nothing' };
};

/**
 * Asks for the page again when the session is over, which leads through the sign-in back to the same place. A browser that never chose
 * between the interface's two sides sees the one for model training: the other is for generative AI, of which this product has nothing.
 */
const SCRIPT = "setTimeout(()=>location.reload(),Number(document.currentScript.dataset.end)-Date.now());localStorage['mlflow.workflowType_v1']??='\"machine_learning\"'";

/** The interface's page for someone whose session ends at `end` (epoch ms). */
export const interfacePage = (index: string, end: number): string => index.replace('</head>', () => `<script data-end="${end}">${SCRIPT}</script></head>`);

const source = (script: string) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/**
 * What the interface's pages may load: their own files, styles that its components write, pictures and files that its scripts make. Its
 * parallel-coordinates chart compiles shaders' drawing commands by `Function`, which needs unsafe-eval.
 */
export const INTERFACE_POLICY = [
  "default-src 'none'",
  `script-src 'self' 'unsafe-eval' ${source(SCRIPT)}`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "frame-src 'self' blob:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HOUR = 3600;
const YEAR = 365 * 24 * HOUR;

/** A compiled file's name holds the hash of its content, of which a browser never asks again. */
export const cachingOf = (name: string): string => (/\.[0-9a-f]{8,}\./.test(name) ? `public, max-age=${YEAR}, immutable` : `public, max-age=${HOUR}`);

/** The media type of a compiled file; scripts, styles and texts are UTF-8. */
export const typeOf = (name: string): string => {
  const type = mime.getType(name) ?? 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
};

/** Whether a client takes gzip, by its Accept-Encoding (RFC 9110, 12.5.3). */
export const takesGzip = (accepted: string | undefined): boolean => {
  const weights = new Map((accepted ?? '').split(',').map((part) => [part.split(';')[0]!.trim().toLowerCase(), Number(/;\s*q=([\d.]+)/i.exec(part)?.[1] ?? 1)]));
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
};
