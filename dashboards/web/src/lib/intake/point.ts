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

/** Digits with what people write between them, and an extension. */
const PHONE = /^[+＋]?[\d\s().（）\-–—/]+(?:(?:转|分机|ext\.?|x|#|,)\s*\d{1,8})?$/i;

/** May this be a telephone number at all? Short ones such as 110 are; nothing written is. */
export function phonePossible(text: string): boolean {
  const written = text.normalize('NFKC').trim();
  if (written === '') return true;
  const digits = written.replace(/\D/g, '').length;
  return PHONE.test(written) && digits >= 3 && digits <= 24;
}
