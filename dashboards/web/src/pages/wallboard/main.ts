import { mount } from 'svelte';
import '../../app.css';
import { language, setLanguage } from '../../lib/i18n/index.svelte';
import { preferences } from '../../lib/ui/prefs.svelte';
import Wallboard from './Wallboard.svelte';

preferences.apply();
setLanguage(language());

const target = document.getElementById('app');
if (target) mount(Wallboard, { target });
