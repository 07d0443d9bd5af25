/** What an order's evidence calls segments, units and faults; each page knows its own. */
export interface OrderNames {
  segmentName(code: string): string;
  segmentShort(code: string): string;
  faultName(code: string): string;
  /** Empty where the unit is not known here. */
  unitName(id: string | null): string;
}
