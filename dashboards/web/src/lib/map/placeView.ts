import { Marker, type GeoJSONSource, type Map as GlMap } from 'maplibre-gl';
import type { Language } from '../i18n/index.svelte';
import { BASE } from './base';
import { mapStyle, placeImages } from './engine';
import type { Palette } from './icons';
import { northUp, type MapWords } from './northUp';
import { around } from './shapes';

const PATH = 'path';
const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };

/** A quiet map: the ground and a few marks with names. */
export class PlaceView {
  readonly #map: GlMap;
  #marks: Marker[] = [];
  #places: readonly { lat: number; lon: number }[] = [];
  #base = EMPTY;
  #path: readonly { lat: number; lon: number }[] = [];

  constructor(
    container: HTMLElement,
    private palette: Palette,
    language: Language,
    words: MapWords,
  ) {
    this.#map = northUp(container, mapStyle(palette, language), words);
    this.#map.scrollZoom.disable(); // the page scrolls; the map zooms by its buttons and keys
    this.#restyled();
  }

  #restyled(): void {
    this.#map.once('style.load', () => {
      placeImages(this.#map, this.palette);
      this.#map.getSource<GeoJSONSource>(BASE)?.setData(this.#base);
      this.#draw();
    });
  }

  setBase(base: GeoJSON.FeatureCollection): void {
    this.#base = base;
    this.#map.getSource<GeoJSONSource>(BASE)?.setData(base);
  }

  /** A line through these places, in their order. */
  showPath(path: readonly { lat: number; lon: number }[]): void {
    this.#path = path;
    if (this.#map.isStyleLoaded()) this.#draw();
    this.#fit();
  }

  #draw(): void {
    const coordinates = this.#path.map(({ lat, lon }) => [lon, lat]);
    const data: GeoJSON.Feature = { type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates } };
    const source = this.#map.getSource<GeoJSONSource>(PATH);
    if (source) {
      source.setData(data);
      return;
    }
    if (this.#path.length === 0) return;
    this.#map.addSource(PATH, { type: 'geojson', data });
    const paint = { 'line-color': this.palette.accent, 'line-width': 3 };
    this.#map.addLayer({ id: PATH, type: 'line', source: PATH, layout: { 'line-join': 'round' }, paint });
  }

  show(places: readonly { lat: number; lon: number; name: string }[]): void {
    for (const mark of this.#marks) mark.remove();
    this.#marks = places.map(({ lat, lon, name }) => {
      const element = document.createElement('span');
      element.className = 'place-pin';
      element.title = name;
      // It stands above the place, so that the ground's own words stay legible.
      return new Marker({ element, anchor: 'bottom' }).setLngLat([lon, lat]).addTo(this.#map);
    });
    this.#places = places;
    this.#fit();
  }

  #fit(): void {
    const box = around([...this.#places, ...this.#path].map(({ lat, lon }) => [lat, lon]));
    if (!box) return;
    const bounds: [number, number, number, number] = [box.west, box.south, box.east, box.north];
    this.#map.fitBounds(bounds, { padding: 40, maxZoom: 14.5, animate: false });
  }

  /** In another theme or language. */
  repaint(palette: Palette, language: Language): void {
    this.palette = palette;
    this.#restyled();
    this.#map.setStyle(mapStyle(palette, language), { diff: false });
  }

  remove(): void {
    this.#map.remove();
  }
}
