import { type Outcome, done } from '../../contracts/outcome.ts';
import { invalid } from '../mlflow/refusals.ts';

/** What a `models:/…` URI means: a logged model, or a version by number, stage or alias. */
export type ModelUri = { modelId: string } | { name: string; version: number } | { name: string; stage: string } | { name: string; alias: string };

export const readModelUri = (uri: string): Outcome<ModelUri> => {
  const malformed = invalid(`Not a proper models:/ URI: ${uri}. Models URIs must be of the form 'models:/model_name/suffix' or 'models:/model_name@alias' or 'models:/<model_id>'`);
  const path = uri.replace(/^models:\/*/, '');
  if (!uri.startsWith('models:/') || path === '') return malformed;
  const parts = path.split('/');
  const [name, suffix] = parts as [string, string | undefined];
  if (parts.length === 1) {
    const [model, alias, more] = name.split('@');
    if (more !== undefined || !model) return malformed;
    return done(alias ? { name: model, alias } : { modelId: model });
  }
  if (parts.length > 2 || !suffix) return malformed;
  return done(/^\d+$/.test(suffix) ? { name, version: Number(suffix) } : { name, stage: suffix });
};

const decodeAll = (text: string): string => {
  let current = text;
  for (let round = 0; round < 10; round++) {
    let decoded: string;
    try {
      decoded = decodeURIComponent(current.replaceAll('+', ' '));
    } catch {
      return current;
    }
    if (decoded === current) return current;
    current = decoded;
  }
  return current;
};

/** A version's source must be an address whose path climbs nowhere; a path on a server's disk is none. */
export const checkSource = (source: string, isPrompt: boolean): Outcome<null> => {
  const local = source.startsWith('/') || /^file:/i.test(source);
  const schemed = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(source);
  if (isPrompt) {
    if (local) return invalid(`Invalid prompt source: '${source}'. Local source paths are not allowed for prompts.`);
    if (!schemed) return done(null);
  } else if (local || !schemed) {
    return invalid(
      `Invalid model version source: '${source}'. To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.`,
    );
  }
  const decoded = decodeAll(source);
  if (decoded.includes('\u0000') || decoded.split('/').includes('..') || /\/\.(\/|$)/.test(decoded)) {
    return invalid(
      `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
    );
  }
  return done(null);
};
