import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lookThrough } from '../../../lambdas/domain/lake/formats/odm/document-set.ts';
import { OdmMap } from '../../../lambdas/domain/lake/formats/odm/map.ts';
import { odmRows } from '../../../lambdas/domain/lake/formats/odm/rows.ts';
import type { Refusal, SetFile } from '../../../lambdas/domain/lake/reading.ts';
import { mutate, seeded } from './mutate.ts';
import { memoryFile } from './xpt-bytes.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/odm');
const MAP = OdmMap.parse({ name: 'odm-test', title: 'Test', version: '1', citation: 'none', namespace: 'test', format: 'odm', mapping: 'sdtm' });
const ROOT = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="F" CreationDateTime="2026-01-01T00:00:00Z">';

/** A file that is made while it is read: `head`, then `piece` so many times, then `tail`. */
const endless = (head: string, piece: string, times: number, tail = ''): SetFile => ({
  ...memoryFile(Buffer.alloc(0), 'xml'),
  open: async function* () {
    yield Buffer.from(head);
    const block = Buffer.from(piece.repeat(1000));
    for (let made = 0; made < times; made += 1000) yield block;
    yield Buffer.from(tail);
  },
});

const entriesOf = async (files: SetFile[]) => {
  const entries = [];
  for await (const entry of odmRows(files, MAP, await lookThrough(files, MAP))) entries.push(entry);
  return entries;
};

/** The one refusal of a file, and nothing else of it. */
const refusal = async (file: SetFile): Promise<Refusal> => {
  const entries = await entriesOf([file]);
  assert.equal(entries.length, 1);
  assert.ok('refused' in entries[0]!);
  return entries[0] as Refusal;
};
const refused = async (text: string | Uint8Array): Promise<string> => (await refusal(memoryFile(Buffer.from(text), 'xml'))).refused;

describe('attacks by XML', () => {
  it('refuses a document type that declares entities, or names a file', async () => {
    const laughs = `<!DOCTYPE ODM [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(100)}"><!ENTITY c "${'&b;'.repeat(100)}">]>`;
    assert.equal(await refused(`${laughs}${ROOT}<Study OID="&c;"/></ODM>`), 'unsafe-markup');
    assert.equal(await refused(`<!DOCTYPE ODM [<!ENTITY x SYSTEM "file:///etc/passwd">]>${ROOT}&x;</ODM>`), 'unsafe-markup');
    assert.equal(await refused(`<!DOCTYPE ODM [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>${ROOT}</ODM>`), 'unsafe-markup');
    assert.equal(await refused(`<!DOCTYPE ODM SYSTEM "http://127.0.0.1:9/odm.dtd">${ROOT}</ODM>`), 'unsafe-markup');
    assert.equal(await refused(`<!DOCTYPE ODM [${'<!ELEMENT a ANY>'.repeat(5)}]><ODM FileType="Snapshot"/>`), 'unsafe-markup');
  });

  it('knows no entity but XML’s own', async () => {
    assert.equal(await refused(`${ROOT}<Study OID="&x;"/></ODM>`), 'malformed');
    assert.equal(await refused(`${ROOT}&#0;</ODM>`), 'malformed');
  });

  it('refuses what nests, repeats or goes on without end, and holds little of it', async () => {
    const before = process.memoryUsage().rss;
    const cases: [string, SetFile][] = [
      ['depth', endless(ROOT, '<a>', 1_000_000)],
      ['attributes', endless(`${ROOT}<a`, ' b="c"', 1_000_000)],
      ['an attribute', endless(`${ROOT}<Study OID="`, 'x'.repeat(100), 2_000_000, '"/></ODM>')],
      ['a text', endless(`${ROOT}<Study>`, 'x'.repeat(100), 2_000_000, '</Study></ODM>')],
      ['a comment', endless(`${ROOT}<!--`, 'x'.repeat(100), 2_000_000, '--></ODM>')],
      ['a name', endless(`${ROOT}<`, 'x'.repeat(100), 2_000_000, '/></ODM>')],
      ['CDATA', endless(`${ROOT}<![CDATA[`, 'x'.repeat(100), 2_000_000, ']]></ODM>')],
      ['a document type', endless('<!DOCTYPE ODM ', 'x'.repeat(100), 2_000_000, '>')],
      ['definitions', endless(`${ROOT}<Study OID="S"><MetaDataVersion OID="M"><CodeList OID="C">`, `<EnumeratedItem CodedValue="${'x'.repeat(1000)}"/>`, 2_000_000)],
      ['items', endless(`${ROOT}<ClinicalData StudyOID="S"><SubjectData SubjectKey="1"><ItemGroupData>`, '<ItemData ItemOID="I" Value="1"/>', 10_000_000)],
    ];
    for (const [what, file] of cases) assert.equal((await refusal(file)).refused, 'too-large', what);
    const grown = (process.memoryUsage().rss - before) / 1e6;
    assert.ok(grown < 400, `${Math.round(grown)} MB more`);
  });

  it('refuses a thousand attributes', async () => {
    const attributes = Array.from({ length: 1000 }, (_, index) => `a${index}="1"`).join(' ');
    assert.equal(await refused(`${ROOT}<Study ${attributes}/></ODM>`), 'too-large');
  });

  it('passes as many records as there are, holding none', async () => {
    const record = '<SubjectData SubjectKey="1"><StudyEventData StudyEventOID="E"><ItemGroupData ItemGroupOID="G" TransactionType="Context"/></StudyEventData></SubjectData>';
    const head = ROOT.replace('Snapshot', 'Transactional');
    const entries = await entriesOf([endless(`${head}<ClinicalData StudyOID="S">`, record, 50_000, '</ClinicalData></ODM>')]);
    assert.deepEqual(entries, []);
  });
});

describe('documents that are no ODM', () => {
  it('are refused with what they are', async () => {
    assert.equal(await refused(''), 'empty');
    assert.equal(await refused('STUDYID,USUBJID\n'), 'not-this-format');
    assert.equal(await refused(Buffer.from([0x50, 0x4b, 3, 4, 0, 0])), 'not-this-format');
    assert.equal(await refused('<html xmlns="http://www.w3.org/1999/xhtml"/>'), 'not-this-format');
    assert.equal(await refused(ROOT.replace('v1.3', 'v9.0')), 'wrong-version');
    assert.equal(await refused(ROOT.replace('1.3.2', '2.0')), 'wrong-version');
    assert.equal(await refused('<ODM ODMVersion="1.3.2" FileType="Snapshot"/>'), 'wrong-version');
    assert.equal(await refused(`${ROOT.replace('Snapshot', 'Everything')}</ODM>`), 'malformed');
    assert.equal(await refused(`<?xml version="1.0" encoding="EBCDIC-CP-US"?>${ROOT}</ODM>`), 'malformed');
    assert.equal(await refused(Buffer.from(`${ROOT}\xe9</ODM>`, 'latin1')), 'malformed');
  });

  it('are refused whole where they break off, wherever that is', async () => {
    const whole = readFileSync(join(FIXTURES, 'snapshot-1.3.2.xml'));
    const end = whole.lastIndexOf('>') + 1;
    for (let length = 1; length < end; length += 61) assert.match(await refused(whole.subarray(0, length)), /^(malformed|not-this-format)$/, `${length} bytes`);
  });
});

describe('damaged ODM documents', () => {
  it('give rows or a refusal for each of 10,000, never an error; a file that is refused gives no row', async () => {
    const sources = ['snapshot-1.3.2.xml', 'transactions-1.3.2.xml', 'typed-latin1.xml'].map((name) => readFileSync(join(FIXTURES, name)));
    // the metadata is long and seldom hit to any effect: a shorter document takes its place in most runs
    const short = Buffer.from(
      `${ROOT}<ClinicalData StudyOID="S" MetaDataVersionOID="M"><SubjectData SubjectKey="1"><StudyEventData StudyEventOID="E"><FormData FormOID="F"><ItemGroupData ItemGroupOID="G" ItemGroupRepeatKey="1"><ItemData ItemOID="A" Value="1"/><ItemDataDate ItemOID="B">2014-05-06</ItemDataDate></ItemGroupData></FormData></StudyEventData></SubjectData></ClinicalData></ODM>`,
    );
    const words = [
      '<!DOCTYPE a [',
      ']]>',
      '<![CDATA[',
      '&lt;',
      '&#x41;',
      '&a;',
      '</',
      '/>',
      '<ItemGroupData>',
      'TransactionType="Remove"',
      'IsNull="Yes"',
      '\0',
      '\xff',
      '"',
      'xmlns="a"',
    ];
    const random = seeded(20260102);
    let refusals = 0;
    let rows = 0;
    for (let run = 0; run < 10_000; run++) {
      const bytes = mutate(run % 8 === 0 ? sources[(run / 8) % sources.length]! : short, words, random);
      const entries = await entriesOf([memoryFile(bytes, 'xml', { chunk: 1 + Math.floor(random() * 3000) })]);
      const refusedHere = entries.filter((entry) => 'refused' in entry).length;
      if (refusedHere > 0) assert.equal(entries.length, 1);
      refusals += refusedHere;
      rows += entries.length - refusedHere;
    }
    assert.ok(refusals > 1000 && rows > 1000, `both outcomes are met: ${refusals} refused, ${rows} rows`);
  });
});
