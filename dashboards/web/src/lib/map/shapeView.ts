import { Marker, type GeoJSONSource, type Map as GlMap, type MapMouseEvent } from 'maplibre-gl';
import type { Language } from '../i18n/index.svelte';
import { BASE } from './base';
import { geoJson, rounded, spread, type At, type Sketch } from './drawn';
import { mapStyle, placeImages } from './engine';
import type { Palette } from './icons';
import { northUp, type MapWords } from './northUp';
import { around } from './shapes';

type Collection = GeoJSON.FeatureCollection;
const EMPTY: Collection = { type: 'FeatureCollection', features: [] };
const SOURCES = ['cells', 'shapes', 'ways', 'sketch'] as const;
/** Widest zoom of the style below; widths in metres double with each. */
const DEEPEST = 22;

/** A shape that lies there, with its name. `lit`: it is what is looked at. */
export interface Lying {
  sketch: Sketch;
  name: string;
  lit?: boolean;
}

/** A piece of ground, degrees; the larger the `part` of 1 the stronger it is drawn. */
export interface Cell {
  south: number;
  west: number;
  north: number;
  east: number;
  part: number;
}

/** A line on the ground. `unseen`: nobody saw the vehicle there; it is dashed. */
export interface Line {
  points: readonly At[];
  unseen?: boolean;
  lit?: boolean;
}

/** A mark with a letter or number and a name. `above`: it stands over its place, which stays free. */
export interface Mark {
  at: At;
  sign: string;
  name: string;
  lit?: boolean;
  above?: boolean;
}

/** A map of shapes and ways, on which a sketch can be drawn: points are added, dragged, removed. */
export class ShapeView {
  readonly #map: GlMap;
  #base = EMPTY;
  #shown: Record<(typeof SOURCES)[number], Collection> = { cells: EMPTY, shapes: EMPTY, ways: EMPTY, sketch: EMPTY };
  #marks: Marker[] = [];
  #handles: Marker[] = [];
  #mover: Marker | null = null;
  #styled = false;
  /** A click on free ground. */
  onPoint: ((at: At) => void) | null = null;
  onMoved: (index: number, at: At) => void = () => {};
  onInserted: (before: number, at: At) => void = () => {};
  onRemoved: (index: number) => void = () => {};

  constructor(
    container: HTMLElement,
    private palette: Palette,
    language: Language,
    words: MapWords,
    scrolls = true,
  ) {
    this.#map = northUp(container, mapStyle(palette, language), words);
    if (!scrolls) this.#map.scrollZoom.disable();
    this.#map.doubleClickZoom.disable();
    this.#map.on('click', (event: MapMouseEvent) => {
      const onHandle = event.originalEvent.target instanceof Element && event.originalEvent.target.closest('.draw-handle');
      if (!onHandle) this.onPoint?.(rounded([event.lngLat.lat, event.lngLat.lng]));
    });
    this.#restyled();
  }

  #restyled(): void {
    this.#styled = false;
    this.#map.once('style.load', () => {
      placeImages(this.#map, this.palette);
      this.#map.getSource<GeoJSONSource>(BASE)?.setData(this.#base);
      for (const name of SOURCES) this.#map.addSource(name, { type: 'geojson', data: this.#shown[name] });
      this.#addLayers();
      this.#styled = true;
      this.#map.getContainer().dataset.styled = 'yes';
    });
  }

  #addLayers(): void {
    const { accent, text, dim, ground } = this.palette;
    const wide = ['interpolate', ['exponential', 2], ['zoom'], 0, ['get', 'w0'], DEEPEST, ['*', ['get', 'w0'], 2 ** DEEPEST]];
    const lit = (yes: unknown, no: unknown): unknown => ['case', ['get', 'lit'], yes, no];
    const area = ['==', ['geometry-type'], 'Polygon'];
    const add = (layer: object): unknown => this.#map.addLayer(layer as Parameters<GlMap['addLayer']>[0]);
    const shape = (source: 'shapes' | 'sketch', colour: unknown): void => {
      const corridor = ['all', ['==', ['geometry-type'], 'LineString'], ['>', ['get', 'w0'], 0]];
      add({ id: `${source}-area`, type: 'fill', source, filter: area, paint: { 'fill-color': colour, 'fill-opacity': 0.14 } });
      add({
        id: `${source}-strip`,
        type: 'line',
        source,
        filter: corridor,
        layout: { 'line-join': 'round', 'line-cap': 'round' },
        paint: { 'line-color': colour, 'line-opacity': 0.22, 'line-width': wide },
      });
      add({ id: `${source}-edge`, type: 'line', source, paint: { 'line-color': colour, 'line-width': source === 'sketch' ? 2.5 : 1.5 } });
    };
    add({ id: 'cells', type: 'fill', source: 'cells', paint: { 'fill-color': accent, 'fill-opacity': ['*', 0.8, ['get', 'part']], 'fill-antialias': false } });
    shape('shapes', lit(accent, dim));
    const seen = ['!', ['get', 'unseen']];
    const way = { type: 'line', source: 'ways', layout: { 'line-join': 'round' } };
    const paint = { 'line-color': lit(accent, text), 'line-width': lit(4, 2) };
    add({ ...way, id: 'ways', filter: seen, paint });
    add({ ...way, id: 'ways-unseen', filter: ['get', 'unseen'], paint: { 'line-color': dim, 'line-width': 2, 'line-dasharray': [2, 2] } });
    shape('sketch', accent);
    add({
      id: 'shape-names',
      type: 'symbol',
      source: 'shapes',
      layout: { 'text-field': ['get', 'name'], 'text-size': 12 },
      paint: { 'text-color': text, 'text-halo-color': ground, 'text-halo-width': 1.5 },
    });
  }

  #set(name: (typeof SOURCES)[number], features: (GeoJSON.Feature | null)[]): void {
    this.#shown[name] = { type: 'FeatureCollection', features: features.filter((one) => one !== null) };
    if (this.#styled) this.#map.getSource<GeoJSONSource>(name)?.setData(this.#shown[name]);
  }

  setBase(base: Collection): void {
    this.#base = base;
    this.#map.getSource<GeoJSONSource>(BASE)?.setData(base);
  }

  showCells(cells: readonly Cell[]): void {
    const feature = ({ south, west, north, east, part }: Cell): GeoJSON.Feature => {
      const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
      return { type: 'Feature', properties: { part }, geometry: { type: 'Polygon', coordinates: [ring] } };
    };
    this.#set('cells', cells.map(feature));
  }

  showShapes(shapes: readonly Lying[]): void {
    this.#set('shapes', shapes.map(({ sketch, name, lit }) => geoJson(sketch, { name, lit: lit ?? false })));
  }

  showWays(lines: readonly Line[]): void {
    const feature = ({ points, unseen, lit }: Line): GeoJSON.Feature => ({
      type: 'Feature',
      properties: { unseen: unseen ?? false, lit: lit ?? false },
      geometry: { type: 'LineString', coordinates: points.map(([lat, lon]) => [lon, lat]) },
    });
    this.#set('ways', lines.map(feature));
  }

  showMarks(marks: readonly Mark[]): void {
    for (const mark of this.#marks) mark.remove();
    this.#marks = marks.map(({ at: [lat, lon], sign, name, lit, above }) => {
      const element = document.createElement('span');
      element.className = lit ? 'map-sign lit' : 'map-sign';
      element.textContent = sign;
      element.title = name;
      return new Marker({ element, anchor: above ? 'bottom' : 'center', offset: [0, above ? -12 : 0] }).setLngLat([lon, lat]).addTo(this.#map);
    });
  }

  /** A mark that moves: the same one each time. Where it leaves the map, the map goes with it. */
  showMover(mark: Mark | null): void {
    if (!mark) {
      this.#mover?.remove();
      this.#mover = null;
      return;
    }
    const at: [number, number] = [mark.at[1], mark.at[0]];
    if (!this.#mover) {
      const element = document.createElement('span');
      element.className = 'map-sign lit';
      this.#mover = new Marker({ element }).setLngLat(at).addTo(this.#map);
    }
    const element = this.#mover.setLngLat(at).getElement();
    element.textContent = mark.sign;
    element.title = mark.name;
    if (!this.#map.getBounds().contains(at)) this.#map.jumpTo({ center: at });
  }

  /** What is being drawn, with a handle at each point and between each two of them. */
  showSketch(sketch: Sketch | null): void {
    this.#set('sketch', [sketch && geoJson(sketch)]);
    for (const handle of this.#handles) handle.remove();
    this.#handles = [];
    if (!sketch) return;
    sketch.points.forEach((at, index) => this.#handle(at, index));
    if (sketch.kind === 'circle') return;
    const pairs = sketch.points.length - (sketch.kind === 'polygon' && sketch.points.length > 2 ? 0 : 1);
    for (let index = 0; index < pairs; index += 1) this.#between(sketch.points, index);
  }

  #handle([lat, lon]: At, index: number): void {
    const element = document.createElement('span');
    element.className = 'draw-handle';
    element.dataset.point = String(index);
    const marker = new Marker({ element, draggable: true }).setLngLat([lon, lat]).addTo(this.#map);
    marker.on('dragend', () => {
      const to = marker.getLngLat();
      this.onMoved(index, rounded([to.lat, to.lng]));
    });
    element.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.onRemoved(index);
    });
    this.#handles.push(marker);
  }

  #between(points: readonly At[], index: number): void {
    const [from, to] = [points[index], points[(index + 1) % points.length]];
    if (!from || !to) return;
    const element = document.createElement('span');
    element.className = 'draw-handle between';
    const middle: At = rounded([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
    const marker = new Marker({ element, draggable: true }).setLngLat([middle[1], middle[0]]).addTo(this.#map);
    marker.on('dragend', () => {
      const at = marker.getLngLat();
      this.onInserted(index + 1, rounded([at.lat, at.lng]));
    });
    this.#handles.push(marker);
  }

  /** Bring all of this into sight. */
  fit(points: readonly At[], sketches: readonly Sketch[] = []): void {
    const all = [...points, ...sketches.flatMap(spread)];
    const box = around(all.map(([lat, lon]) => [lat, lon]));
    if (!box) return;
    const bounds: [number, number, number, number] = [box.west, box.south, box.east, box.north];
    this.#map.fitBounds(bounds, { padding: 48, maxZoom: 16, animate: false });
  }

  /** The middle of what is in sight: where a point goes that is set by key. */
  middle(): At {
    const { lat, lng } = this.#map.getCenter();
    return rounded([lat, lng]);
  }

  set drawing(yes: boolean) {
    this.#map.getCanvas().style.cursor = yes ? 'crosshair' : '';
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
