import { mount } from 'svelte';
import '../../app.css';
import { language, setLanguage } from '../../lib/i18n/index.svelte';
import { preferences } from '../../lib/ui/prefs.svelte';
import Hotline from './Hotline.svelte';

preferences.apply();
setLanguage(language());

const target = document.getElementById('app');
if (target) mount(Hotline, { target });
