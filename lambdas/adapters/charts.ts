import { View, parse } from 'vega';
import { type TopLevelSpec, compile } from 'vega-lite';

const CONFIG = { font: 'system-ui, sans-serif', background: '#ffffff', axis: { labelFontSize: 11, titleFontSize: 12, grid: true, gridColor: '#eceff2' }, view: { stroke: '#d8dee4' } } as const;

/** Draws a Vega-Lite specification as an SVG, without a browser. Data must be inline. */
export const chartSvg = async (spec: TopLevelSpec): Promise<string> => {
  const { spec: compiled } = compile({ ...spec, config: { ...CONFIG, ...spec.config } } as TopLevelSpec);
  const view = new View(parse(compiled), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
};
