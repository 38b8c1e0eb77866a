/** The curves as SVG, drawn by echarts without a browser. */
import { init } from 'echarts';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  /** The ends of its axis. */
  readonly range: readonly [number, number];
  readonly y: string;
  readonly series: readonly Series[];
  /** A value that should not be passed. */
  readonly limit?: number;
}

const SIZE = { width: 760, height: 420 };

/** Both axes are logarithmic: what is in proportion is a straight line. */
export function drawPlot({ title, x, range, y, series, limit }: Plot): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  const axis = (name: string): object => ({
    type: 'log',
    name,
    nameLocation: 'middle',
    nameGap: 36,
    axisLabel: { formatter: (value: number) => value.toLocaleString('en-US') },
  });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center' },
    legend: { bottom: 0 },
    grid: { left: 80, right: 50, top: 50, bottom: 80 },
    xAxis: { ...axis(x), min: range[0], max: range[1] },
    yAxis: { ...axis(y), nameGap: 58 },
    series: series.map(({ name, points }, index) => ({
      name,
      type: 'line',
      data: points.map((point) => [...point]),
      ...(limit !== undefined &&
        index === 0 && {
          markLine: { symbol: 'none', data: [{ yAxis: limit }], lineStyle: { type: 'dashed' } },
        }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
