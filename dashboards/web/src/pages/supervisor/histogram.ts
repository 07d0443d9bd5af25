import type { Schemas } from '../../lib/api/types';
import { duration } from '../../lib/time/format';

type Line = Schemas['DistributionLine'];
type Scale = Schemas['ScaleRow'];

interface Words {
  bin: (index: number) => string;
  within: string;
  late: string;
  unlimited: string;
}

const OUTCOMES = ['within', 'late', 'unlimited'] as const;
/** Tokens of the bars: what kept the limit is grey, never green. */
const TOKENS = { within: '--dim', late: '--late-fill', unlimited: '--unknown' } as const;

/**
 * Options of a histogram: one stacked bar per bin, edges as labels, limits as lines. The category
 * axis has one place per bin, so a limit lies between two bars.
 */
export function optionsOf(
  line: Line,
  scale: Scale,
  chosen: number | null,
  colour: (token: string) => string,
  words: Words,
  fontSize: number,
): Record<string, unknown> {
  const text = { color: colour('--dim'), fontSize: fontSize * 0.86 };
  const marks = scale.limits.flatMap((limit) => {
    const index = scale.edges.indexOf(limit);
    return index < 0 ? [] : [{ xAxis: index - 0.5 }];
  });
  return {
    animation: false,
    grid: { left: 6, right: 10, top: 20, bottom: 2, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      axisPointer: { type: 'none' },
      backgroundColor: colour('--raised'),
      borderColor: colour('--line'),
      textStyle: { color: colour('--text'), fontSize },
      formatter: ([first]: { dataIndex: number }[]) => {
        const index = first?.dataIndex ?? 0;
        const bin = line.bins[index];
        const counts = OUTCOMES.flatMap((each) => (bin?.[each] ? [`${words[each]} ${bin[each]}`] : []));
        return [words.bin(index), ...counts].join('<br>');
      },
    },
    xAxis: {
      type: 'category',
      data: scale.edges.map((edge, index) =>
        index === scale.edges.length - 1 ? `>${duration(edge)}` : duration(edge),
      ),
      axisLine: { lineStyle: { color: colour('--line') } },
      axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitNumber: 3,
      axisLabel: text,
      splitLine: { lineStyle: { color: colour('--line') } },
    },
    series: OUTCOMES.map((outcome) => ({
      name: words[outcome],
      type: 'bar',
      stack: 'all',
      barCategoryGap: '12%',
      cursor: 'pointer',
      itemStyle: { color: colour(TOKENS[outcome]) },
      emphasis: { disabled: true },
      data: line.bins.map((bin, index) => ({
        value: bin[outcome],
        itemStyle: { opacity: chosen === null || chosen === index ? 1 : 0.35 },
      })),
      ...(outcome === 'within'
        ? {
            markLine: {
              symbol: 'none',
              silent: true,
              label: { show: false },
              lineStyle: { color: colour('--text'), width: 2, type: 'solid' },
              data: marks,
            },
          }
        : {}),
    })),
  };
}
