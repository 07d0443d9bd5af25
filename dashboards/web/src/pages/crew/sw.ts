/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
export {};
declare const self: ServiceWorkerGlobalScope;

/**
 * Keeps the crew's page itself (document, scripts, styles, icons), so that it opens without signal.
 * Answers of the API are never kept here: the page keeps its orders and acts itself.
 */
const SHELL = 'crew-shell';
const PAGE = '/crew';
const BESIDE = ['/crew.webmanifest', '/crew-192.png', '/crew-512.png'];
/** How long a bad line may hold up the page before the kept one is shown. */
const PATIENCE_MS = 3_000;

self.addEventListener('install', (event) => {
  event.waitUntil(fetchShell().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (event.request.mode === 'navigate' && url.pathname === PAGE) {
    event.respondWith(page(event));
  } else if (url.pathname.startsWith('/assets/') || BESIDE.includes(url.pathname)) {
    event.respondWith(kept(event.request));
  }
});

/** The newest page where there is signal; the kept one where there is none. */
async function page(event: FetchEvent): Promise<Response> {
  const fresh = fetch(PAGE, { cache: 'no-cache', signal: AbortSignal.timeout(PATIENCE_MS) });
  try {
    const answer = await fresh;
    if (!answer.ok) throw new Error(String(answer.status));
    event.waitUntil(keep(answer.clone()).catch(() => {}));
    return answer;
  } catch (error) {
    const old = await caches.match(PAGE);
    if (old) return old;
    throw error;
  }
}

/** Names of built files hold a hash of their content: what is kept is right. */
async function kept(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

async function fetchShell(): Promise<void> {
  const answer = await fetch(PAGE, { cache: 'no-cache' });
  if (!answer.ok) throw new Error(String(answer.status));
  await keep(answer);
}

/** Keep a page only together with everything it needs; what no page needs any more is dropped. */
async function keep(answer: Response): Promise<void> {
  const cache = await caches.open(SHELL);
  const html = await answer.clone().text();
  const needed = [...new Set(html.match(/\/assets\/[\w.-]+/g) ?? []), ...BESIDE];
  const there = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  await cache.addAll(needed.filter((path) => !there.has(path)));
  await cache.put(PAGE, answer);
  for (const path of there) {
    if (path !== PAGE && !needed.includes(path)) await cache.delete(path);
  }
}
