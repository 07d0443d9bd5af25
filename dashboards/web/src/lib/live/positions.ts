/** One vehicle position as the live feed packs it. */
export interface Position {
  vehicleId: string;
  /** WGS-84 degrees. */
  lat: number;
  lon: number;
  speedKmh: number;
  courseDeg: number;
  /** Milliseconds since the epoch. */
  fixAt: number;
}

export const RECORD_BYTES = 32;

function uuid(view: DataView, offset: number): string {
  let hex = '';
  for (let i = 0; i < 16; i += 1) {
    hex += view.getUint8(offset + i).toString(16).padStart(2, '0');
    if (i === 3 || i === 5 || i === 7 || i === 9) hex += '-';
  }
  return hex;
}

/**
 * Decode a binary frame: 32-byte big-endian records of vehicle uuid, latitude and longitude in
 * 1e-6 degrees (i32), speed in 0.1 km/h (u16), course in degrees (u16), fix time in seconds (u32).
 */
export function decodePositions(frame: ArrayBuffer): Position[] {
  const view = new DataView(frame);
  const positions: Position[] = [];
  for (let at = 0; at + RECORD_BYTES <= view.byteLength; at += RECORD_BYTES) {
    positions.push({
      vehicleId: uuid(view, at),
      lat: view.getInt32(at + 16) / 1e6,
      lon: view.getInt32(at + 20) / 1e6,
      speedKmh: view.getUint16(at + 24) / 10,
      courseDeg: view.getUint16(at + 26),
      fixAt: view.getUint32(at + 28) * 1000,
    });
  }
  return positions;
}
