import { mount } from 'svelte';
import '../../app.css';
import { language, setLanguage } from '../../lib/i18n/index.svelte';
import { preferences } from '../../lib/ui/prefs.svelte';
import Crew from './Crew.svelte';

preferences.apply();
// Read at arm's length, touched with gloves.
document.documentElement.dataset.size = 'large';
setLanguage(language());

const target = document.getElementById('app');
if (target) mount(Crew, { target });
