import type { LayerSpecification } from 'maplibre-gl';
import type { Language } from '../i18n/index.svelte';
import { FONTS, type Palette } from './icons';

/** The base map: GeoJSON of the organisation, each feature with its `layer`, both names, `class`. */
export const BASE = 'base';
export const LOCAL_FONTS = FONTS;

const of = (...layers: string[]): ['in', ['get', string], ['literal', string[]]] => [
  'in',
  ['get', 'layer'],
  ['literal', layers],
];

const wider = (at10: number, at16: number): ['interpolate', ['exponential', number], ['zoom'], number, number, number, number] => [
  'interpolate',
  ['exponential', 1.6],
  ['zoom'],
  10,
  at10,
  16,
  at16,
];

const nameIn = (language: Language): ['get', string] => ['get', language === 'zh' ? 'name_zh' : 'name_en'];

/** Layers from the ground up; every colour is the theme's, calm enough to stand behind the marks. */
export function baseLayers(palette: Palette, language: Language): LayerSpecification[] {
  const { base } = palette;
  const line = (id: string, layer: string, colour: string, width: unknown, more: object = {}): LayerSpecification =>
    ({
      id,
      type: 'line',
      source: BASE,
      filter: of(layer),
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': colour, 'line-width': width, ...more },
    }) as LayerSpecification;
  const fill = (id: string, layer: string, colour: string): LayerSpecification => ({
    id,
    type: 'fill',
    source: BASE,
    filter: ['all', of(layer), ['==', ['geometry-type'], 'Polygon']],
    paint: { 'fill-color': colour },
  });
  return [
    fill('park', 'park', base.park),
    fill('water', 'water', base.water),
    { ...line('river', 'water', base.water, wider(2, 14)), filter: ['all', of('water'), ['==', ['geometry-type'], 'LineString']] } as LayerSpecification,
    line('street', 'street', base.street, wider(0.7, 5)),
    line('ring', 'ring', base.ring, wider(1.4, 9)),
    line('district', 'district', base.border, 1, { 'line-dasharray': [4, 3] }),
    line('feeder', 'line', base.feeder, wider(0.5, 1.4)),
    ...baseLabels(palette, language),
  ];
}

function baseLabels(palette: Palette, language: Language): LayerSpecification[] {
  const { base } = palette;
  const words = (id: string, layers: string[], size: number, minzoom: number, layout: object): LayerSpecification =>
    ({
      id,
      type: 'symbol',
      source: BASE,
      filter: of(...layers),
      minzoom,
      layout: { 'text-field': nameIn(language), 'text-size': size, 'text-padding': 6, ...layout },
      paint: { 'text-color': base.words, 'text-halo-color': palette.ground, 'text-halo-width': 1.5 },
    }) as LayerSpecification;
  const along = { 'symbol-placement': 'line', 'symbol-spacing': 350 };
  const beside = { 'text-anchor': 'left', 'text-offset': [0.9, 0] };
  return [
    words('street-name', ['street'], 11, 13.5, along),
    words('ring-name', ['ring'], 11, 11.5, along),
    words('green-name', ['park', 'water'], 11, 12, {}),
    words('landmark-name', ['landmark'], 11, 13, {}),
    words('district-name', ['district'], 13, 9, { 'text-letter-spacing': 0.1 }),
    words('substation-name', ['substation'], 11, 12, { ...beside, 'icon-image': 'substation', 'icon-allow-overlap': true, 'text-optional': true }),
    words('centre-name', ['centre'], 12, 9, { ...beside, 'icon-image': 'centre', 'icon-allow-overlap': true, 'text-optional': true }),
  ];
}
