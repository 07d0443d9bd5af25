import { expect, test } from 'vitest';
import { pieces, plain } from './pieces';

const shown = (text: string, ...forms: string[]): string =>
  pieces(text, forms)
    .map((one) => (one.found ? `[${one.text}]` : one.text))
    .join('');

test('the plain form is that of the server', () => {
  expect(plain('Ａ座 3-201')).toBe('a座3201');
  expect(plain('Lü')).toBe('lv');
});

test('the piece is marked where it stands, with what lies inside it', () => {
  expect(shown('和平路12号', '路12')).toBe('和平[路12]号');
  expect(shown('LW-F1-T03', 'f1t')).toBe('LW-[F1-T]03');
  expect(shown('+8613800138000', '8000')).toBe('+8613800138000'.replace(/8000$/, '[8000]'));
});

test('several pieces may overlap; what is not there marks nothing', () => {
  expect(shown('朝阳区和平路', '朝阳', '阳区')).toBe('[朝阳区]和平路');
  expect(shown('张*', '张伟')).toBe('张*');
  expect(shown('', '张')).toBe('');
});
