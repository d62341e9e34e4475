/** Markup that is safe to put into a page: what `html` made, or what was vouched for by `raw`. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

/** What a template may hold. Text and numbers are escaped; null, undefined and false stand for nothing; a list is its members. */
export type Content = Markup | string | number | boolean | null | undefined | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

const rendered = (content: Content): string => {
  if (content instanceof Markup) return content.text;
  if (content === null || content === undefined || content === false) return '';
  if (Array.isArray(content)) return content.map(rendered).join('');
  return escaped(String(content));
};

/** Tagged template: the literal parts are markup, every value is escaped unless it is markup itself. */
export const html = (literals: TemplateStringsArray, ...values: Content[]): Markup =>
  new Markup(literals.map((literal, index) => literal + (index < values.length ? rendered(values[index]) : '')).join(''));

/** Markup made elsewhere, such as a chart's SVG; never a user's text. */
export const raw = (markup: string): Markup => new Markup(markup);

export type PageProps = { title: string; subtitle?: Content; body: Content };

/** A whole document, `text/html`: no script, no outside resource, readable on paper, on a phone and in the dark. */
export const page = ({ title, subtitle, body }: PageProps): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Proband</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<header>
<p class="product">Proband</p>
<h1>${title}</h1>
${subtitle ? html`<p class="subtitle">${subtitle}</p>` : null}
</header>
${body}
</main>
</body>
</html>
`.text;

/** A part of a page with its heading; `id` is its anchor. */
export const section = (id: string, heading: string, ...content: Content[]): Markup => html`<section id="${id}"><h2>${heading}</h2>${content}</section>`;

/** A picture with what it shows in words. */
export const figure = (svg: string, caption: Content): Markup => html`<figure>${raw(svg)}<figcaption>${caption}</figcaption></figure>`;

export type Column<R> = { heading: string; cell: (row: R) => Content; numeric?: boolean };

/** A table; the first column heads its row. Numbers stand right, in figures of equal width. */
export const table = <R>(columns: readonly Column<R>[], rows: readonly R[], caption?: Content): Markup => {
  const numeric = ({ numeric: right }: Column<R>) => (right ? raw(' class="number"') : null);
  return html`<div class="scroll"><table>${caption ? html`<caption>${caption}</caption>` : null}<thead><tr>${columns.map((column) => html`<th scope="col"${numeric(column)}>${column.heading}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      row,
    ) => html`<tr>${columns.map((column, index) => (index === 0 ? html`<th scope="row"${numeric(column)}>${column.cell(row)}</th>` : html`<td${numeric(column)}>${column.cell(row)}</td>`))}</tr>
`,
  )}</tbody></table></div>`;
};

/** Names and their values. */
export const facts = (pairs: readonly (readonly [string, Content])[]): Markup =>
  html`<dl>${pairs.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** Figures beside one another where there is room. */
export const sideBySide = (...figures: Content[]): Markup => html`<div class="beside">${figures}</div>`;

/** A number to `digits` significant digits, with a true minus and, where it is tiny, a power of ten. */
export const number = (value: number, digits = 3): string => {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
    return `${signed(mantissa)} × 10${[...signed(String(Number(exponent)))].map((digit) => SUPERSCRIPTS[digit]).join('')}`;
  }
  return signed(value.toLocaleString('en', size >= 10 ** digits ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits }));
};
const signed = (text: string): string => text.replace('-', '−');
const SUPERSCRIPTS: Readonly<Record<string, string>> = { '−': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };

/** An ISO 8601 time in UTC to the second, to be read by people. */
export const moment = (iso: string): string => `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A verdict in a word; the colour only repeats what the word says. */
export const badge = (kind: 'good' | 'bad' | 'neutral', text: string): Markup => html`<span class="badge ${kind}">${text}</span>`;

/** A digest or an id, to be compared letter by letter. */
export const code = (text: string): Markup => html`<code>${text}</code>`;

const STYLE = `
:root{--ink:#1b2430;--soft:#55616f;--line:#d5dbe2;--paper:#fff;--band:#f4f6f8;--accent:#1f5f99;--good:#17663a;--good-band:#e3f3e9;--bad:#9c1c1c;--bad-band:#fbe6e6}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaef;--soft:#a5b0bc;--line:#36404b;--paper:#14191f;--band:#1c232b;--accent:#7cb7ec;--good:#8fdcae;--good-band:#173524;--bad:#f3a5a5;--bad-band:#431d1d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;text-wrap:pretty}
main{max-width:58rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
header{border-bottom:2px solid var(--ink);margin-bottom:1.5rem}
.product{margin:0;color:var(--accent);font-size:.8rem;font-weight:600;letter-spacing:.12em;text-transform:uppercase}
h1{font-size:1.7rem;line-height:1.2;margin:.2rem 0 .4rem}
.subtitle{color:var(--soft);margin:0 0 1rem}
h2{font-size:1.2rem;margin:2.25rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p,ul,ol{margin:.5rem 0;max-width:46rem}
a{color:var(--accent)}
.lead{font-size:1.06rem}
.note{color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:var(--soft);padding:0 0 .4rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
thead th{background:var(--band);font-weight:600;vertical-align:bottom}
tbody th{font-weight:500}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
dl{display:grid;gap:.35rem;margin:.75rem 0}
dl>div{display:grid;grid-template-columns:minmax(9rem,13rem) 1fr;gap:.75rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
code{font:0.85em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
figure{margin:1rem 0;padding:.75rem;border:1px solid var(--line);border-radius:6px;background:#fff;color:#1b2430;break-inside:avoid}
figure svg{display:block;max-width:100%;height:auto;margin:0 auto}
figcaption{color:#55616f;font-size:.88rem;margin-top:.5rem}
.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr));gap:1rem}
.beside figure{margin:0}
.badge{display:inline-block;padding:.05rem .5rem;border-radius:4px;border:1px solid currentColor;font-size:.82rem;font-weight:600;white-space:nowrap;color:var(--soft);background:var(--band)}
.badge.good{color:var(--good);background:var(--good-band)}
.badge.bad{color:var(--bad);background:var(--bad-band)}
.verdict{border:1px solid var(--line);border-left:5px solid var(--accent);background:var(--band);padding:.75rem 1rem;border-radius:4px}
.verdict p{margin:.15rem 0}
label{display:block;font-weight:500}
input,button{font:inherit;color:inherit;padding:.4rem .6rem;border:1px solid var(--soft);border-radius:4px;background:var(--paper)}
input{width:100%;max-width:24rem}
button{background:var(--accent);border-color:var(--accent);color:var(--paper);cursor:pointer}
@media (max-width:34rem){main{padding:1rem .9rem 3rem}dl>div{grid-template-columns:1fr;gap:0}h1{font-size:1.4rem}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--band:#f4f4f4;--accent:#000;--good:#000;--good-band:#fff;--bad:#000;--bad-band:#fff}main{max-width:none;padding:0}body{font-size:10.5pt}h2{break-after:avoid}tr,dl>div{break-inside:avoid}.scroll{overflow:visible}}
`;
