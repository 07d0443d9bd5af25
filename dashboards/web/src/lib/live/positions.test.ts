import { expect, test } from 'vitest';
import { decodePositions, RECORD_BYTES } from './positions';

test('packed records are read as the gateway writes them', () => {
  // struct.pack('!16siiHHI', …) of two vehicles, one south-west of the origin.
  const frame = new ArrayBuffer(2 * RECORD_BYTES);
  const view = new DataView(frame);
  for (let i = 0; i < 16; i += 1) view.setUint8(i, i + 1);
  view.setInt32(16, 39_904_200);
  view.setInt32(20, 116_407_400);
  view.setUint16(24, 365);
  view.setUint16(26, 270);
  view.setUint32(28, 4_000_000_000);
  view.setInt32(RECORD_BYTES + 16, -33_000_001);
  view.setInt32(RECORD_BYTES + 20, -70_500_000);
  expect(decodePositions(frame)).toEqual([
    {
      vehicleId: '01020304-0506-0708-090a-0b0c0d0e0f10',
      lat: 39.9042,
      lon: 116.4074,
      speedKmh: 36.5,
      courseDeg: 270,
      fixAt: 4_000_000_000_000,
    },
    {
      vehicleId: '00000000-0000-0000-0000-000000000000',
      lat: -33.000001,
      lon: -70.5,
      speedKmh: 0,
      courseDeg: 0,
      fixAt: 0,
    },
  ]);
});

test('a torn record at the end is left out', () => {
  expect(decodePositions(new ArrayBuffer(RECORD_BYTES + 5))).toHaveLength(1);
});
