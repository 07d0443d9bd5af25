import { Map as GlMap, NavigationControl, setWorkerUrl, type StyleSpecification } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { LOCAL_FONTS } from './base';

setWorkerUrl(workerUrl);

export interface MapWords {
  zoomIn: string;
  zoomOut: string;
  label: string;
}

/** A flat map with north at the top, as every map of ours is: zoomed and moved, never turned. */
export function northUp(container: HTMLElement, style: StyleSpecification, words: MapWords): GlMap {
  const map = new GlMap({
    container,
    style,
    center: [0, 20],
    zoom: 1,
    attributionControl: false,
    localIdeographFontFamily: LOCAL_FONTS,
    dragRotate: false,
    pitchWithRotate: false,
    renderWorldCopies: false,
    fadeDuration: 0,
    maxZoom: 18,
    locale: {
      'NavigationControl.ZoomIn': words.zoomIn,
      'NavigationControl.ZoomOut': words.zoomOut,
      'Map.Title': words.label,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
  return map;
}
