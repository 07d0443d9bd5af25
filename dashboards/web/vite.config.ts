import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const backend = process.env.PAIDAN_DEV_URL ?? 'http://127.0.0.1:8700';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    manifest: true,
    rolldownOptions: {
      input: {
        agent: here('agent.html'),
        board: here('index.html'),
        breaches: here('breaches.html'),
        crew: here('crew.html'),
        design: here('design.html'),
        login: here('login.html'),
        supervisor: here('supervisor.html'),
        customers: here('customers.html'),
        tickets: here('tickets.html'),
        followup: here('followup.html'),
        fleet: here('fleet.html'),
        admin: here('admin.html'),
        policies: here('policies.html'),
        import: here('import.html'),
        notices: here('notices.html'),
        hotline: here('hotline.html'),
        wallboard: here('wallboard.html'),
        'crew-sw': here('src/pages/crew/sw.ts'),
      },
      output: {
        // A service worker has one address for ever.
        entryFileNames: ({ name }) => (name === 'crew-sw' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
    // The map is loaded after the first view; its size is known and accepted.
    chunkSizeWarningLimit: 1200,
  },
  server: {
    proxy: {
      '/api': { target: backend, ws: true },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
