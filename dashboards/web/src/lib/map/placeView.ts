import { Map as GlMap, Marker, NavigationControl, setWorkerUrl, type GeoJSONSource } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Language } from '../i18n/index.svelte';
import { BASE, LOCAL_FONTS } from './base';
import { mapStyle, placeImages, type MapWords } from './engine';
import type { Palette } from './icons';
import { around } from './shapes';

setWorkerUrl(workerUrl);

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };

/** A quiet map: the ground and a few marks with names. */
export class PlaceView {
  readonly #map: GlMap;
  #marks: Marker[] = [];
  #base = EMPTY;

  constructor(
    container: HTMLElement,
    private palette: Palette,
    language: Language,
    words: MapWords,
  ) {
    this.#map = new GlMap({
      container,
      style: mapStyle(palette, language),
      center: [0, 20],
      zoom: 1,
      attributionControl: false,
      localIdeographFontFamily: LOCAL_FONTS,
      dragRotate: false,
      pitchWithRotate: false,
      renderWorldCopies: false,
      fadeDuration: 0,
      maxZoom: 18,
      // The page scrolls; the map zooms by its buttons and keys.
      scrollZoom: false,
      locale: {
        'NavigationControl.ZoomIn': words.zoomIn,
        'NavigationControl.ZoomOut': words.zoomOut,
        'Map.Title': words.label,
      },
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    this.#restyled();
  }

  #restyled(): void {
    this.#map.once('style.load', () => {
      placeImages(this.#map, this.palette);
      this.#map.getSource<GeoJSONSource>(BASE)?.setData(this.#base);
    });
  }

  setBase(base: GeoJSON.FeatureCollection): void {
    this.#base = base;
    this.#map.getSource<GeoJSONSource>(BASE)?.setData(base);
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
    const box = around(places.map(({ lat, lon }) => [lat, lon]));
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
