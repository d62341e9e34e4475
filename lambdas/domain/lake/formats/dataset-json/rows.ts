import type { Refusal, SetFile } from '../../reading.ts';
import { type CompiledMapping, compileMapping, isKept, toldColumn } from '../table/compile-mapping.ts';
import type { TableRow } from '../table/table-row.ts';
import { beginsAsObject, datasetTexts } from './dataset-texts.ts';
import { decodeRow } from './decode-row.ts';
import type { DatasetJsonMap } from './map.ts';
import { type Dataset, NO_DATASET, type Problem, readMetadata } from './metadata.ts';
import { SplitError } from '../../split-array.ts';

/** The rows of every file's dataset. A file is gone through twice: first its metadata and the number of its rows, then the rows. */
export async function* datasetRows(files: readonly SetFile[], map: DatasetJsonMap, only?: ReadonlySet<string>): AsyncGenerator<TableRow[] | Refusal> {
  for (const file of files) {
    try {
      const surveyed = await survey(file);
      if ('refused' in surveyed) yield { file: file.index, ...surveyed };
      else if (!isKept(map.mapping, surveyed.name, columnNames(surveyed))) {
        yield { file: file.index, refused: 'not-kept', detail: `the dataset must be one that source ${map.name} keeps: ${Object.keys(map.mapping.tables).join(', ')}` };
      } else if (!only || only.has(surveyed.name) || !Object.hasOwn(map.mapping.tables, surveyed.name)) yield* rowsOf(file, surveyed, compileMapping(map.mapping));
    } catch (error) {
      if (!(error instanceof SplitError)) throw error;
      yield { file: file.index, refused: error.refused, detail: error.message };
    }
  }
}

const columnNames = ({ columns }: Dataset): string[] => columns.map(({ name }) => name);

const surveys = new WeakMap<SetFile, Dataset | Problem>();

/** What a file says of itself and whether it is all there; looked at once, however often its rows are read. */
const survey = async (file: SetFile): Promise<Dataset | Problem> => {
  const found = surveys.get(file) ?? (await surveyed(file));
  surveys.set(file, found);
  return found;
};

const surveyed = async (file: SetFile): Promise<Dataset | Problem> => {
  if (!(await beginsAsObject(file.open))) return NO_DATASET;
  let dataset: Dataset | Problem | null = null;
  let count = 0;
  for await (const part of datasetTexts(file.open)) {
    if ('rows' in part) count += part.rows.length;
    else {
      dataset = readMetadata(part.metadata);
      if ('refused' in dataset) return dataset;
    }
  }
  if (dataset === null || 'refused' in dataset) return dataset ?? NO_DATASET;
  if (count !== dataset.records) return { refused: 'malformed', detail: `records says ${dataset.records}, the file holds ${count} rows` };
  return dataset;
};

async function* rowsOf(file: SetFile, dataset: Dataset, compiled: CompiledMapping): AsyncGenerator<TableRow[]> {
  let before = 0;
  for await (const part of datasetTexts(file.open)) {
    if (!('rows' in part)) continue;
    const { rows, lines } = part;
    yield rows.map((text, index) => rowOf(file.index, dataset, text, before + index + 1, lines?.[index] ?? null, compiled));
    before += rows.length;
  }
}

const rowOf = (file: number, dataset: Dataset, text: string, number: number, line: number | null, compiled: CompiledMapping): TableRow => {
  const row = parsed(text);
  // in JSON a row that is none makes the whole file none; a line of NDJSON stands for itself
  if (row === undefined && line === null) throw new SplitError('malformed', `row ${number} is no JSON`);
  // what is no UTF-8 comes as U+FFFD; a record may be an object in lines alone
  const isRow = !text.includes('\uFFFD') && (line !== null || Array.isArray(row));
  const { cells, findings } = decodeRow(isRow ? row : undefined, dataset);
  return {
    file,
    table: dataset.name,
    where: line === null ? `row ${number}` : `line ${line}`,
    cells,
    findings: findings.map(({ field, reason }) => ({ field: field && toldColumn(compiled, field), reason })),
    text: () => text,
  };
};

/** Undefined where the text is no JSON. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
