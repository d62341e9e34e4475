import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListBucketsCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { GetExecutionHistoryCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { MACHINES } from '../../config/catalog/machines.ts';
import { TABLES } from '../../config/catalog/stores.ts';
import planted from '../../local/cohort/planted-phi.json' with { type: 'json' };
import type { World } from './world.ts';

/** Where something was read, and its text. */
type Text = { where: string; text: string };

const SUBJECT = new RegExp(`${planted.subjectPrefix}\\d+`);

const found = ({ text }: Text): string[] => {
  const subject = SUBJECT.exec(text)?.[0];
  return [...planted.strings.filter((each) => text.includes(each)), ...(subject ? [subject] : [])];
};

export const personalData = (world: () => World): void => {
  describe('personal data', () => {
    it('is found where it may be: in the landing zone and the quarantine', async () => {
      for (const output of ['LandingBucketName', 'QuarantineBucketName']) {
        const texts = await objectTexts(world(), world().output(output));
        assert.ok(texts.flatMap(found).length > 0, `the search finds nothing in ${output}, where it must`);
      }
    });

    it('is in no other object, in any version', async () => {
      const may = new Set([world().output('LandingBucketName'), world().output('QuarantineBucketName')]);
      const buckets = ((await world().s3.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name }) => Name!).filter((name) => !may.has(name));
      assert.ok(buckets.length >= 3);
      let parquet = 0;
      let objects = 0;
      for (const bucket of buckets) {
        for (const text of await objectTexts(world(), bucket)) {
          assertClean(text);
          objects++;
          if (text.where.includes('.parquet')) parquet++;
        }
      }
      assert.ok(parquet >= 20, `${parquet} Parquet objects were read`);
      console.log(`   ${objects} objects searched, ${parquet} of them Parquet`);
    });

    it('is in no table', async () => {
      const { dynamo, cloud } = world();
      const tables = (await dynamo.send(new ListTablesCommand({}))).TableNames ?? [];
      assert.ok(Object.entries(cloud.outputs).filter(([name, table]) => name.endsWith('TableName') && tables.includes(table)).length === Object.keys(TABLES).length);
      let items = 0;
      for (const TableName of tables) {
        let from: Record<string, unknown> | undefined;
        do {
          const page = await dynamo.send(new ScanCommand({ TableName, ...(from ? { ExclusiveStartKey: from } : {}) }));
          for (const item of page.Items ?? []) assertClean({ where: `${TableName} ${item['pk']} ${item['sk']}`, text: JSON.stringify(item) });
          items += page.Items?.length ?? 0;
          from = page.LastEvaluatedKey;
        } while (from);
      }
      assert.ok(items > 500, `${items} items were read`);
    });

    it('is in no state machine’s history', async () => {
      const { states, output } = world();
      let events = 0;
      for (const machine of Object.keys(MACHINES)) {
        const stateMachineArn = output(`${machine.charAt(0).toUpperCase()}${machine.slice(1)}MachineArn`);
        for (const { executionArn } of (await states.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? []) {
          const history = (await states.send(new GetExecutionHistoryCommand({ executionArn: executionArn!, maxResults: 1000 }))).events ?? [];
          assertClean({ where: executionArn!, text: JSON.stringify(history) });
          events += history.length;
        }
      }
      assert.ok(events > 100, `${events} events were read`);
    });

    it('is in no log, nothing printed, not in the report and not in what the life keeps', async () => {
      const { log, printed, report, folder, cloud } = world();
      const functions = await functionLogs(cloud.emulator.endpoint);
      for (const text of [
        { where: 'the emulator’s log', text: log('cloud') },
        { where: 'the worker’s log', text: log('worker') },
        { where: 'what was printed', text: printed() },
        { where: 'the report', text: JSON.stringify(report) },
        { where: 'the functions’ logs', text: functions },
        ...readdirSync(folder).map((name) => ({ where: name, text: readFileSync(join(folder, name), 'utf8') })),
      ]) {
        assert.ok(text.text.length > 200, `${text.where} is empty`);
        assertClean(text);
      }
    });
  });
};

const assertClean = (text: Text): void => {
  const leaked = found(text);
  assert.deepEqual(leaked, [], `${text.where} holds ${leaked.length} planted strings`);
};

/** Every version of every object of a bucket, as text: what is compressed is unpacked, Parquet is read as JSON. */
const objectTexts = async ({ s3 }: World, bucket: string): Promise<Text[]> => {
  const texts: Text[] = [];
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
  while (marker !== null) {
    const page: { Versions?: { Key?: string; VersionId?: string }[]; IsTruncated?: boolean; NextKeyMarker?: string; NextVersionIdMarker?: string } = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, ...marker }),
    );
    for (const { Key, VersionId } of page.Versions ?? []) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: Key!, ...(VersionId && VersionId !== 'null' ? { VersionId } : {}) }));
      texts.push({ where: `s3://${bucket}/${Key}`, text: `${Key}\n${await textOf(Buffer.from(await Body!.transformToByteArray()))}` });
    }
    marker = page.IsTruncated ? { KeyMarker: page.NextKeyMarker!, VersionIdMarker: page.NextVersionIdMarker! } : null;
  }
  return texts;
};

const textOf = async (content: Buffer): Promise<string> => {
  if (content.subarray(0, 4).toString('latin1') === 'PAR1') return parquetText(content);
  if (content[0] === 0x1f && content[1] === 0x8b) return gunzipSync(content).toString('utf8');
  return content.toString('utf8');
};

let opened: Promise<DuckDBConnection> | undefined;
const database = (): Promise<DuckDBConnection> => (opened ??= DuckDBInstance.create(':memory:', { threads: '1' }).then((instance) => instance.connect()));

const parquetText = async (content: Buffer): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'proband-parquet-'));
  try {
    const path = join(folder, 'object.parquet');
    writeFileSync(path, content);
    const rows = (await (await database()).runAndReadAll(`SELECT to_json(t)::VARCHAR FROM read_parquet('${path}') t`)).getRows();
    return `${content.toString('latin1')}\n${rows.map(([row]) => String(row)).join('\n')}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** CloudWatch Logs of the emulator, by its own protocol. */
const functionLogs = async (endpoint: string): Promise<string> => {
  const ask = async (operation: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': `Logs_20140328.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${operation} answered ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const lines: string[] = [];
  let groupToken: string | undefined;
  do {
    const page = await ask('DescribeLogGroups', groupToken ? { nextToken: groupToken } : {});
    for (const { logGroupName } of page['logGroups'] as { logGroupName: string }[]) {
      let token: string | undefined;
      do {
        const events = await ask('FilterLogEvents', { logGroupName, ...(token ? { nextToken: token } : {}) });
        lines.push(...(events['events'] as { message: string }[]).map(({ message }) => message));
        token = events['nextToken'] as string | undefined;
      } while (token);
    }
    groupToken = page['nextToken'] as string | undefined;
  } while (groupToken);
  return lines.join('\n');
};
