import { type Loader, View, parse } from 'vega';
import { type Config, type TopLevelSpec, compile } from 'vega-lite';

/** Ink, one accent and one warning colour; told apart in grey and by the colour-blind (Okabe and Ito 2008). */
export const CHART_COLOURS = { ink: '#1b2430', soft: '#8a95a1', accent: '#0072b2', second: '#e69f00', warning: '#d55e00' } as const;

const CONFIG: Config = {
  background: '#ffffff',
  font: 'system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif',
  axis: {
    labelColor: CHART_COLOURS.ink,
    titleColor: CHART_COLOURS.ink,
    titleFontWeight: 500,
    titleFontSize: 12,
    labelFontSize: 11,
    labelLimit: 320,
    gridColor: '#e7ebef',
    domainColor: '#8a95a1',
    tickColor: '#8a95a1',
  },
  legend: { labelColor: CHART_COLOURS.ink, titleColor: CHART_COLOURS.ink, labelFontSize: 11, titleFontSize: 12, labelLimit: 320, orient: 'top', titleFontWeight: 500 },
  title: { color: CHART_COLOURS.ink, fontSize: 13, fontWeight: 600, anchor: 'start' },
  view: { stroke: null },
  range: { category: [CHART_COLOURS.accent, CHART_COLOURS.second, CHART_COLOURS.soft, CHART_COLOURS.warning, '#009e73', '#56b4e9'] },
};

/** A chart reads nothing but the values in its own specification. */
const noLoader: Loader = {
  load: (uri) => Promise.reject(new Error(`a chart loads nothing: ${uri}`)),
  sanitize: (uri) => Promise.reject(new Error(`a chart links nothing: ${uri}`)),
  http: () => Promise.reject(new Error('a chart loads nothing')),
  file: () => Promise.reject(new Error('a chart loads nothing')),
};

/** Draws a Vega-Lite 6 specification with inline values as an SVG element. Throws on a specification that does not compile. */
export const chartSvg = async (specification: TopLevelSpec): Promise<string> => {
  const { spec } = compile(specification, { config: CONFIG, logger: silent });
  const view = new View(parse(spec), { renderer: 'none', loader: noLoader, logLevel: 0 });
  try {
    return labelled(await view.toSVG(), specification.description);
  } finally {
    view.finalize();
  }
};

/** A screen reader is told what the picture shows, instead of every mark in it. */
const labelled = (svg: string, description: string | undefined): string => {
  const escaped = (description ?? 'chart').replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return svg.replace('<svg ', `<svg role="img" aria-label="${escaped}" `);
};

const silent = { level: () => silent, error: () => silent, warn: () => silent, info: () => silent, debug: () => silent } as unknown as NonNullable<
  Parameters<typeof compile>[1]
>['logger'];
