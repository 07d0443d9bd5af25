const PAIR = /^\s*(-?\d+(?:\.\d+)?)\s*[,，\s]\s*(-?\d+(?:\.\d+)?)\s*$/;

/** “latitude, longitude” in degrees, as written by a person; null where it is no place. */
export function pointOf(text: string): [number, number] | null {
  const found = PAIR.exec(text);
  const lat = Number(found?.[1]);
  const lon = Number(found?.[2]);
  const there = found && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  return there && (lat !== 0 || lon !== 0) ? [lat, lon] : null;
}

export const pointText = (lat: number, lon: number): string => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;

/** A telephone number with the spaces that people read it by; others as they came. */
export function spaced(number: string): string {
  const mobile = /^(?:\+86)?(1\d{2})(\d{4})(\d{4})$/.exec(number);
  return mobile ? `${mobile[1]} ${mobile[2]} ${mobile[3]}` : number;
}
