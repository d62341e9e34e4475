/** Markup that is safe to embed as it is. */
export type Html = { readonly markup: string };
type Part = string | number | null | undefined | boolean | Html | readonly Part[];

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

const render = (part: Part): string => {
  if (part === null || part === undefined || part === false || part === true) return '';
  if (Array.isArray(part)) return part.map(render).join('');
  return typeof part === 'object' ? (part as Html).markup : escape(String(part));
};

/** Markup with its values escaped; nested markup and lists of it are kept. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html => ({ markup: strings.reduce((text, string, index) => text + string + (index < parts.length ? render(parts[index]) : ''), '') });

/** Trusted markup, e.g. an SVG that the platform drew. */
export const raw = (markup: string): Html => ({ markup });

/** A table with a caption; numbers align right. */
export const table = (caption: string, header: readonly string[], rows: readonly (readonly (string | number | Html | null)[])[]): Html => html`
  <div class="scroll"><table><caption>${caption}</caption>
    <thead><tr>${header.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td${typeof cell === 'number' ? raw(' class="number"') : ''}>${cell ?? '–'}</td>`)}</tr>`)}</tbody>
  </table></div>`;

export const figure = (svg: string, caption: string): Html => html`<figure>${raw(svg)}<figcaption>${caption}</figcaption></figure>`;

const STYLE = `
:root { color-scheme: light; --ink: #1b2733; --soft: #51606e; --line: #d8dee4; --paper: #fff; --good: #1a7f4b; --bad: #b3261e; --accent: #1f5f99; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
.subtitle, figcaption, caption { color: var(--soft); } caption { text-align: left; padding: 0 0 .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; } th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; } figcaption { font-size: .9rem; }
code { font: .85em ui-monospace, monospace; word-break: break-all; }
.pass { color: var(--good); font-weight: 600; } .fail { color: var(--bad); font-weight: 700; } .na { color: var(--soft); }
.notice { border-left: 4px solid var(--accent); padding: .5rem .9rem; background: #f3f7fb; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; } dt { color: var(--soft); } dd { margin: 0; }
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
`;

/** A whole page: sober, readable on paper and on a phone, without scripts. */
export const page = ({ title, subtitle, body }: { title: string; subtitle?: string; body: Html }): string =>
  `<!doctype html>\n${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${raw(STYLE)}</style></head>
<body><header><h1>${title}</h1>${subtitle ? html`<p class="subtitle">${subtitle}</p>` : ''}</header><main>${body}</main></body></html>`.markup
  }\n`;
