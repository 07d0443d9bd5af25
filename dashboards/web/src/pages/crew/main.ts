import { mount } from 'svelte';
import '../../app.css';
import { language, setLanguage } from '../../lib/i18n/index.svelte';
import { preferences } from '../../lib/ui/prefs.svelte';
import { bigText } from './big.svelte';
import Crew from './Crew.svelte';

preferences.apply();
bigText.apply();
setLanguage(language());

const target = document.getElementById('app');
if (target) mount(Crew, { target });

// With it the page opens without signal. Browsers allow it over HTTPS and on localhost only.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register('/crew-sw.js', { scope: '/crew' }).catch(() => {});
}
