import { mount } from 'svelte';
import '../../app.css';
import { language, setLanguage } from '../../lib/i18n/index.svelte';
import { preferences } from '../../lib/ui/prefs.svelte';
import Fleet from './Fleet.svelte';

preferences.apply();
setLanguage(language());

const target = document.getElementById('app');
if (target) mount(Fleet, { target });
