import { ScaleControl, type GeoJSONSource, type Map as GlMap, type StyleSpecification } from 'maplibre-gl';
import type { Language } from '../i18n/index.svelte';
import { mercatorX, mercatorY, type Fleet } from '../live/fleet';
import { duration } from '../time/format';
import { BASE, baseLayers } from './base';
import type { View } from './bunch';
import { placeIcon, type Palette } from './icons';
import { Marks, type Shown } from './marks';
import { northUp, type MapWords } from './northUp';
import { graticule, type Box } from './shapes';

export type { OrderDot, Shown } from './marks';
export type { MapWords } from './northUp';

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
const ICON_SCALE = 2;
/** Pixels of MapLibre's world at zoom 0. */
const WORLD = 512;
const CLOSER = 2;

/** Style without any tile or glyph server: plain ground and graticule; labels drawn locally. */
export function mapStyle(palette: Palette, language: Language): StyleSpecification {
  return {
    version: 8,
    sources: {
      graticule: { type: 'geojson', data: EMPTY },
      [BASE]: { type: 'geojson', data: EMPTY },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': palette.ground } },
      { id: 'graticule', type: 'line', source: 'graticule', paint: { 'line-color': palette.line, 'line-width': 1 } },
      {
        id: 'degrees',
        type: 'symbol',
        source: 'graticule',
        layout: {
          'symbol-placement': 'line',
          'symbol-spacing': 1000,
          'text-field': ['get', 'label'],
          'text-size': 11,
        },
        paint: { 'text-color': palette.dim, 'text-halo-color': palette.ground, 'text-halo-width': 1.5 },
      },
      ...baseLayers(palette, language),
    ],
  };
}

/** The icons of the base map, in the theme's colours; they belong to the style. */
export function placeImages(map: GlMap, palette: Palette): void {
  for (const kind of ['substation', 'centre'] as const) {
    const icon = placeIcon(kind, palette, ICON_SCALE);
    const image = icon.getContext('2d')?.getImageData(0, 0, icon.width, icon.height);
    if (image && !map.hasImage(kind)) map.addImage(kind, image, { pixelRatio: ICON_SCALE });
  }
}

/** The map of the board: a base map below, everything that moves above. Picks come out as calls. */
export class BoardMap {
  readonly #map: GlMap;
  readonly #marks: Marks;
  #base = EMPTY;
  onOrder: (id: string | null, clicked: boolean) => void = () => {};
  /** The vehicle under the pointer, by its slot in the fleet. */
  onVehicle: (slot: number | null, clicked: boolean) => void = () => {};
  onPlace: (lat: number, lon: number) => void = () => {};

  constructor(
    container: HTMLElement,
    fleet: Fleet,
    private palette: Palette,
    language: Language,
    words: MapWords,
  ) {
    this.#map = northUp(container, mapStyle(palette, language), words);
    this.#map.addControl(new ScaleControl({}), 'bottom-left');
    this.#marks = new Marks(fleet, palette, () => this.#view(), duration);
    this.#map.getCanvasContainer().append(this.#marks.canvas);
    // In the same frame as the map, so that nothing swims while it is dragged.
    this.#map.on('render', () => this.#marks.draw());
    this.#map.on('moveend', () => this.#drawGraticule());
    this.#restyled();
    this.#listen();
  }

  /** Icons and data belong to a style; a new theme or language brings a new one. */
  #restyled(): void {
    this.#map.once('style.load', () => {
      placeImages(this.#map, this.palette);
      this.#source(BASE)?.setData(this.#base);
      this.#drawGraticule();
    });
  }

  #view(): View {
    const { lng, lat } = this.#map.getCenter();
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    return { x: mercatorX(lng), y: mercatorY(lat), scale: WORLD * 2 ** this.#map.getZoom(), width, height };
  }

  #listen(): void {
    this.#map.on('click', (event) => {
      const found = this.#marks.at(event.point.x, event.point.y);
      if (found?.kind === 'order') this.onOrder(found.id, true);
      if (found?.kind === 'vehicle') this.onVehicle(found.slot, true);
      if (found?.kind === 'bunch') {
        const center = this.#map.unproject([found.px, found.py]);
        this.#map.jumpTo({ center, zoom: this.#map.getZoom() + CLOSER });
      }
      this.onPlace(event.lngLat.lat, event.lngLat.lng);
    });
    this.#map.on('mousemove', (event) => {
      const found = this.#marks.at(event.point.x, event.point.y);
      this.#map.getCanvas().style.cursor = found ? 'pointer' : '';
      this.onOrder(found?.kind === 'order' ? found.id : null, false);
      this.onVehicle(found?.kind === 'vehicle' ? found.slot : null, false);
    });
    this.#map.on('mouseout', () => {
      this.onOrder(null, false);
      this.onVehicle(null, false);
    });
  }

  #drawGraticule(): void {
    const bounds = this.#map.getBounds();
    const box: Box = {
      west: bounds.getWest(),
      south: bounds.getSouth(),
      east: bounds.getEast(),
      north: bounds.getNorth(),
    };
    this.#source('graticule')?.setData(this.#base.features.length > 0 ? EMPTY : graticule(box));
  }

  #source(id: string): GeoJSONSource | undefined {
    return this.#map.getSource<GeoJSONSource>(id);
  }

  /** `now`: somebody waits for it; else within the pace of positions. */
  show(shown: Shown, now: boolean): void {
    if (now) this.#marks.showNow(shown);
    else this.#marks.show(shown);
  }

  /** What lies below: districts, water, streets, lines. Without any, a graticule. */
  setBase(base: GeoJSON.FeatureCollection): void {
    this.#base = base;
    this.#source(BASE)?.setData(base);
    this.#drawGraticule();
  }

  /** In another theme or language. */
  repaint(palette: Palette, language: Language): void {
    this.palette = palette;
    this.#restyled();
    this.#map.setStyle(mapStyle(palette, language), { diff: false });
    this.#marks.repaint(palette);
  }

  fit(box: Box): void {
    this.#map.fitBounds([box.west, box.south, box.east, box.north], {
      padding: { top: 48, left: 48, right: 48, bottom: 72 },
      maxZoom: 14,
      animate: false,
    });
  }

  /** Move only when the place is out of sight. */
  reveal(lat: number, lon: number): void {
    if (!this.#map.getBounds().contains([lon, lat])) this.#map.jumpTo({ center: [lon, lat] });
  }

  remove(): void {
    this.#marks.remove();
    this.#map.remove();
  }
}
