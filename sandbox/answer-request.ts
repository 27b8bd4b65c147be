/**
 * One HTTP request: the Bot API, the controls, or the chat page. A page from elsewhere must not drive the sandbox, be
 * it through a name that resolves to this machine (Host), across origins (Origin), or by an image or a frame
 * (Sec-Fetch-Site, which browsers always send); programs that are no browsers send none of these but Host.
 */
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { answerBotApi, type BotApiParts } from './bot-api.ts'
import { answerControls, type Controls } from './controls.ts'

const pageFolder = join(import.meta.dirname, 'page')
const types = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' }
const pageFiles: Record<string, { file: string; type: string }> = {
  '/': { file: 'index.html', type: types.html },
  '/page.css': { file: 'page.css', type: types.css },
  ...Object.fromEntries(
    [
      'page.js',
      'api.js',
      'channels.js',
      'dom.js',
      'side.js',
      'chat.js',
      'message.js',
      'formatted-text.js',
      'phone.js',
    ].map((file) => [`/${file}`, { file, type: types.js }]),
  ),
}

/** Nothing inline, nothing from elsewhere, in no frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]'])

export async function answerRequest(
  parts: BotApiParts & Controls,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('referrer-policy', 'no-referrer')
  const host = request.headers.host ?? ''
  const base = `http://${host}`
  const path = request.url ?? '/'
  if (!URL.canParse(base) || !loopbackHosts.has(new URL(base).hostname) || isForeign(request, base)) {
    response.writeHead(403, { 'content-type': 'text/plain' })
    response.end('The sandbox talks to its own page and to programs on this machine only.\n')
    return
  }
  if (!path.startsWith('/') || !URL.canParse(`${base}${path}`)) return notFound(response)
  const url = new URL(`${base}${path}`)
  if (await answerBotApi(parts, request, response, url)) return
  if (await answerControls(parts, request, response, url)) return
  await answerPage(request, response, url)
}

function isForeign(request: IncomingMessage, base: string): boolean {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = request.headers
  if (origin !== undefined) return origin !== base
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  // A link from elsewhere may open the page, and nothing else.
  const opensPage = mode === 'navigate' && destination === 'document' && /^\/(\?|$)/.test(request.url ?? '')
  return !opensPage
}

async function answerPage(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const page = isRead && Object.hasOwn(pageFiles, url.pathname) ? pageFiles[url.pathname] : undefined
  if (page === undefined) return notFound(response)
  const bytes = await readFile(join(pageFolder, page.file))
  response.writeHead(200, {
    'content-type': page.type,
    'cache-control': 'no-store',
    'content-security-policy': contentSecurityPolicy,
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ ok: false, error_code: 404, description: 'Not Found' }))
}
