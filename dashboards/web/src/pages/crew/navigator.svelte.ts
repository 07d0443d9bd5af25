import { convert } from '../../lib/map/datum';

/** What a tap on “navigate” opens; each map app in its own map system. */
export const NAVIGATORS = ['phone', 'amap', 'baidu', 'tencent'] as const;
export type Navigator = (typeof NAVIGATORS)[number];

const KEY = 'paidan.navigator';
const digits = (values: readonly number[]): string => values.map((value) => value.toFixed(6)).join(',');

/** The address that begins the way to a place; degrees WGS-84. */
export function wayTo(app: Navigator, lat: number, lon: number, name: string): string {
  const called = encodeURIComponent(name);
  const [gcjLat, gcjLon] = convert([lat, lon], 'wgs84', 'gcj02');
  switch (app) {
    case 'amap':
      return `https://uri.amap.com/navigation?to=${digits([gcjLon, gcjLat])},${called}&mode=car&coordinate=gaode&callnative=1&src=paidan`;
    case 'baidu':
      return `https://api.map.baidu.com/marker?location=${digits(convert([lat, lon], 'wgs84', 'bd09'))}&title=${called}&content=${called}&output=html&coord_type=bd09ll&src=paidan`;
    case 'tencent':
      return `https://apis.map.qq.com/uri/v1/routeplan?type=drive&to=${called}&tocoord=${digits([gcjLat, gcjLon])}&referer=paidan`;
    case 'phone': // RFC 5870: WGS-84
      return `geo:${lat},${lon}?q=${lat},${lon}`;
  }
}

class Choice {
  app = $state<Navigator>(stored());

  next(): void {
    this.app = NAVIGATORS[(NAVIGATORS.indexOf(this.app) + 1) % NAVIGATORS.length] ?? 'phone';
    localStorage.setItem(KEY, this.app);
  }
}

function stored(): Navigator {
  const kept = typeof localStorage === 'undefined' ? null : localStorage.getItem(KEY);
  return NAVIGATORS.find((one) => one === kept) ?? 'phone';
}

/** Of this phone. */
export const navigator = new Choice();
