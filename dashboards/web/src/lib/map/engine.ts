import {
  Map as GlMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type GeoJSONSource,
  type LayerSpecification,
  type MapMouseEvent,
  type StyleSpecification,
} from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Level } from '../time/levels';
import { orderIcon, vehicleIcon, type Palette } from './icons';
import { graticule, type Box } from './shapes';

setWorkerUrl(workerUrl);

export interface OrderDot {
  id: string;
  lat: number;
  lon: number;
  level: Level;
  label: string;
  lit: boolean;
}

export interface VehicleDot {
  id: string;
  lat: number;
  lon: number;
  courseDeg: number;
  stale: boolean;
  moving: boolean;
  label: string;
  lit: boolean;
}

export interface MapWords {
  zoomIn: string;
  zoomOut: string;
  label: string;
}

const LEVELS: readonly Level[] = ['normal', 'watch', 'risk', 'late', 'unknown'];
const FONTS = "'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif";
const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
const ICON_SCALE = 2;

/** Style without any tile or glyph server: plain ground, graticule, points; labels drawn locally. */
function style(palette: Palette): StyleSpecification {
  const text = { 'text-color': palette.text, 'text-halo-color': palette.ground, 'text-halo-width': 1.5 };
  const above: LayerSpecification[] = ['order', 'vehicle'].map((source) => ({
    id: source,
    type: 'symbol',
    source,
    layout: {
      'icon-image': ['get', 'icon'],
      'icon-allow-overlap': true,
      'icon-rotate': ['get', 'course'],
      'icon-rotation-alignment': 'map',
      'symbol-sort-key': ['get', 'rank'],
      'text-field': ['get', 'label'],
      'text-size': 12,
      'text-offset': [0, 1.1],
      'text-anchor': 'top',
      'text-optional': true,
    },
    paint: text,
  }));
  return {
    version: 8,
    sources: {
      graticule: { type: 'geojson', data: EMPTY },
      vehicle: { type: 'geojson', data: EMPTY },
      order: { type: 'geojson', data: EMPTY },
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
        paint: { ...text, 'text-color': palette.dim },
      },
      ...above.reverse(),
    ],
  };
}

/** The map of the board. Orders and vehicles go in as plain values; picks come out as calls. */
export class BoardMap {
  readonly #map: GlMap;
  readonly #ready: Promise<void>;
  onOrder: (id: string | null, clicked: boolean) => void = () => {};
  onPlace: (lat: number, lon: number) => void = () => {};

  constructor(container: HTMLElement, palette: Palette, words: MapWords) {
    this.#map = new GlMap({
      container,
      style: style(palette),
      center: [0, 20],
      zoom: 1,
      attributionControl: false,
      localIdeographFontFamily: FONTS,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      maxZoom: 18,
      locale: {
        'NavigationControl.ZoomIn': words.zoomIn,
        'NavigationControl.ZoomOut': words.zoomOut,
        'Map.Title': words.label,
      },
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    this.#map.addControl(new ScaleControl({}), 'bottom-left');
    this.#ready = new Promise((resolve) => this.#map.once('load', () => resolve()));
    void this.#ready.then(() => {
      this.#drawIcons(palette);
      this.#drawGraticule();
      this.#map.on('moveend', () => this.#drawGraticule());
    });
    this.#listen();
  }

  #listen(): void {
    const orderAt = (event: MapMouseEvent): string | null => {
      if (!this.#map.getLayer('order')) return null;
      const found = this.#map.queryRenderedFeatures(event.point, { layers: ['order'] })[0];
      return (found?.properties.id as string | undefined) ?? null;
    };
    this.#map.on('click', (event) => {
      const id = orderAt(event);
      if (id) this.onOrder(id, true);
      this.onPlace(event.lngLat.lat, event.lngLat.lng);
    });
    this.#map.on('mousemove', (event) => {
      const id = orderAt(event);
      this.#map.getCanvas().style.cursor = id ? 'pointer' : '';
      this.onOrder(id, false);
    });
    this.#map.on('mouseout', () => this.onOrder(null, false));
  }

  #drawIcons(palette: Palette): void {
    const put = (name: string, image: ImageData): void => {
      if (this.#map.hasImage(name)) this.#map.removeImage(name);
      this.#map.addImage(name, image, { pixelRatio: ICON_SCALE });
    };
    for (const lit of [false, true]) {
      const suffix = lit ? '-lit' : '';
      for (const level of LEVELS) {
        put(`order-${level}${suffix}`, orderIcon(level, palette, lit, ICON_SCALE));
      }
      for (const kind of ['moving', 'still', 'stale'] as const) {
        put(`vehicle-${kind}${suffix}`, vehicleIcon(kind, palette, lit, ICON_SCALE));
      }
    }
  }

  #drawGraticule(): void {
    const bounds = this.#map.getBounds();
    const box: Box = {
      west: bounds.getWest(),
      south: bounds.getSouth(),
      east: bounds.getEast(),
      north: bounds.getNorth(),
    };
    this.#source('graticule')?.setData(graticule(box));
  }

  #source(id: string): GeoJSONSource | undefined {
    return this.#map.getSource<GeoJSONSource>(id);
  }

  async show(orders: readonly OrderDot[], vehicles: readonly VehicleDot[]): Promise<void> {
    await this.#ready;
    this.#source('order')?.setData(
      collection(orders, (dot) => ({
        id: dot.id,
        icon: `order-${dot.level}${dot.lit ? '-lit' : ''}`,
        course: 0,
        label: dot.label,
        rank: (dot.lit ? 100 : 0) + (dot.level === 'late' ? 9 : dot.level === 'risk' ? 8 : 1),
      })),
    );
    this.#source('vehicle')?.setData(
      collection(vehicles, (dot) => ({
        id: dot.id,
        icon: `vehicle-${dot.stale ? 'stale' : dot.moving ? 'moving' : 'still'}${dot.lit ? '-lit' : ''}`,
        course: dot.moving && !dot.stale ? dot.courseDeg : 0,
        label: dot.label,
        rank: dot.lit ? 100 : 1,
      })),
    );
  }

  async repaint(palette: Palette): Promise<void> {
    await this.#ready;
    this.#map.setPaintProperty('ground', 'background-color', palette.ground);
    this.#map.setPaintProperty('graticule', 'line-color', palette.line);
    for (const layer of ['order', 'vehicle', 'degrees']) {
      this.#map.setPaintProperty(layer, 'text-color', layer === 'degrees' ? palette.dim : palette.text);
      this.#map.setPaintProperty(layer, 'text-halo-color', palette.ground);
    }
    this.#drawIcons(palette);
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
    this.#map.remove();
  }
}

function collection<T extends { lat: number; lon: number }>(
  dots: readonly T[],
  properties: (dot: T) => GeoJSON.GeoJsonProperties,
): GeoJSON.FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: dots.map((dot) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [dot.lon, dot.lat] },
      properties: properties(dot),
    })),
  };
}
