import type { Language } from '../i18n/index.svelte';
import type { Palette } from './icons';

/** A map as its frame needs it. */
export interface Framed {
  setBase(base: GeoJSON.FeatureCollection): void;
  repaint(palette: Palette, language: Language): void;
  remove(): void;
}
