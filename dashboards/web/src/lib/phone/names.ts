import { language } from '../i18n/index.svelte';

export const wordIn = ({ zh, en }: { zh: string; en: string }): string => (language() === 'zh' ? zh : en);
