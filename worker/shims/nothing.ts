/**
 * Stands in for what telegraf loads and we never call: its own poller and webhook server (ours is
 * worker/telegram/poller.ts), scenes, sessions, markup and input helpers, a router, safe-compare for its webhooks, the
 * file system for uploads by path, since a worker may read one file. Each use would fail at once with "not a function"
 * or "not a constructor".
 */
export {}
