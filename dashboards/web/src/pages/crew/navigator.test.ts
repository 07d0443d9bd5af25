import { expect, test } from 'vitest';
import { wayTo } from './navigator.svelte';

const HERE = [39.911954, 116.377817] as const;

test('each app gets the place in its own map system', () => {
  expect(wayTo('phone', ...HERE, '景山')).toBe('geo:39.911954,116.377817?q=39.911954,116.377817');
  const amap = new URL(wayTo('amap', ...HERE, '景山 12'));
  expect(amap.searchParams.get('to')).toBe('116.384047,39.913345,景山 12');
  expect(amap.searchParams.get('coordinate')).toBe('gaode');
  const tencent = new URL(wayTo('tencent', ...HERE, '景山'));
  expect(tencent.searchParams.get('tocoord')).toBe('39.913345,116.384047');
  const baidu = new URL(wayTo('baidu', ...HERE, 'a&b'));
  expect(baidu.searchParams.get('coord_type')).toBe('bd09ll');
  expect(baidu.searchParams.get('title')).toBe('a&b');
  const [lat, lon] = (baidu.searchParams.get('location') ?? '').split(',').map(Number);
  expect(lat).toBeCloseTo(39.9196, 3);
  expect(lon).toBeCloseTo(116.3904, 3);
});
