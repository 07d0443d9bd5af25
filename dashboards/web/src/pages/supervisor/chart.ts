/** The parts of ECharts that the histogram needs; loaded after the first view. */
import { BarChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

export { init };
