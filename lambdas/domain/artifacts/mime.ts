import mime from 'mime';

/** Shown as text and never run: what MLflow's server calls text (mlflow/utils/mime_type_utils.py, 3.12). */
const TEXT = new Set('txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst mlmodel mlproject'.split(' '));

/** The media type that a file is answered with, by its name alone. */
export const mediaType = (path: string): string => {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return TEXT.has(name.slice(name.lastIndexOf('.') + 1)) ? 'text/plain' : (mime.getType(name) ?? 'application/octet-stream');
};
