import { t } from '../../lib/i18n/index.svelte';
import type { KeyLine } from '../../lib/ui/keyboard';

/** Keys that mean the same on every page. */
export const conventions = (): KeyLine[] => [
  { keys: ['?'], says: t('design.key.help') },
  { keys: ['/', 'Ctrl K'], says: t('design.key.find') },
  { keys: ['j', '↓'], says: t('design.key.next') },
  { keys: ['k', '↑'], says: t('design.key.previous') },
  { keys: ['Enter'], says: t('design.key.open') },
  { keys: ['Esc'], says: t('design.key.back') },
  { keys: ['1', '…', '9'], says: t('design.key.choose') },
  { keys: ['Ctrl Enter'], says: t('design.key.save') },
  { keys: ['x'], says: t('design.key.undo') },
  { keys: ['m'], says: t('design.key.silence') },
  { keys: ['g', 'a'], says: t('design.key.go') },
];
