import { mount } from 'svelte';
import '../../app.css';
import { language, setLanguage } from '../../lib/i18n/index.svelte';
import { preferences } from '../../lib/ui/prefs.svelte';
import Notices from './Notices.svelte';

preferences.apply();
setLanguage(language());

const target = document.getElementById('app');
if (target) mount(Notices, { target });
