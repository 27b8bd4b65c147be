/**
 * Serves the browser's side of the panel from dist/panel. Its files are read once, at the start: a path is looked up
 * among their names and never touches the file system, and a build that replaces them disturbs no running server.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import type { Log } from '../../runtime/log.ts'

const builtFolder = join(import.meta.dirname, '..', '..', 'dist', 'panel')

const mediaTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Right to left ones are told to the page before it runs. */
const directions = { en: 'ltr', zh: 'ltr', fa: 'rtl', ru: 'ltr' } as const
type Language = keyof typeof directions

interface WebFile {
  readonly type: string
  readonly contents: Buffer
  /** The same, compressed when it was built; undefined where that made nothing smaller. */
  readonly br: Buffer | undefined
  readonly gzip: Buffer | undefined
  /** Its name holds a hash of its contents. */
  readonly immutable: boolean
}

/** The pages, their files, and the place where browsers report what the content security policy has stopped. */
export function webPages(log: Log, folder = builtFolder): Router {
  const files = readFiles(folder)
  const page = existsSync(join(folder, 'index.html')) ? readFileSync(join(folder, 'index.html'), 'utf8') : undefined
  const router = Router()
  router.post('/csp-report', express.text({ type: () => true, limit: 8 * 1024, inflate: false }), noteReport(log))
  router.use((request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next()
    const file = files.get(request.path)
    if (file !== undefined) sendFile(request, response, file)
    else if (!wantsPage(request)) next()
    else if (page === undefined) response.status(503).type('text').send('The panel is not built yet: npm run build\n')
    else sendPage(request, response, page)
  })
  return router
}

function readFiles(folder: string): ReadonlyMap<string, WebFile> {
  if (!existsSync(folder)) return new Map()
  const read = (path: string) => (existsSync(path) ? readFileSync(path) : undefined)
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = join(entry.parentPath, entry.name)
      const type = mediaTypes[extname(entry.name)]
      if (!entry.isFile() || type === undefined) return []
      const address = `/${relative(folder, path).split(sep).join('/')}`
      const file: WebFile = {
        type,
        contents: readFileSync(path),
        br: read(`${path}.br`),
        gzip: read(`${path}.gz`),
        immutable: address.startsWith('/assets/'),
      }
      return [[address, file] as const]
    }),
  )
}

/** A browser that opens an address; programs that ask for one of no route get their problem document. */
function wantsPage(request: Request): boolean {
  return !request.path.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html')
}

function sendFile(request: Request, response: Response, file: WebFile): void {
  const encoding = file.br && request.acceptsEncodings('br') ? 'br' : request.acceptsEncodings('gzip') && 'gzip'
  const packed = encoding === 'br' ? file.br : encoding === 'gzip' ? file.gzip : undefined
  if (packed !== undefined) response.set('Content-Encoding', String(encoding))
  response.set('Vary', 'Accept-Encoding')
  response.set('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'public, max-age=3600')
  response.set('Content-Type', file.type)
  response.end(packed ?? file.contents)
}

function sendPage(request: Request, response: Response, page: string): void {
  const nonce = randomBytes(18).toString('base64')
  const language = languageOf(request)
  response.set('Content-Security-Policy', contentPolicy(nonce))
  response.set('Vary', 'Cookie, Accept-Language')
  response
    .type('html')
    .send(page.replaceAll('__NONCE__', nonce).replace('__LANG__', language).replace('__DIR__', directions[language]))
}

/** Nothing but our own files; styles that the components write while running carry the nonce. */
function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    'report-uri /csp-report',
  ].join('; ')
}

/** What the person chose last (the page keeps it in a cookie), else what the browser prefers. */
function languageOf(request: Request): Language {
  const chosen = /(?:^|;)\s*lang=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
  if (chosen !== undefined && isLanguage(chosen)) return chosen
  const preferred = request.acceptsLanguages(...Object.keys(directions))
  return typeof preferred === 'string' && isLanguage(preferred) ? preferred : 'en'
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(directions, text)
}

const reportsPerMinuteMax = 10

/** Anybody may send a report: few are written down, and of each only what it says was stopped. */
function noteReport(log: Log): RequestHandler {
  let minute = 0
  let noted = 0
  return (request, response) => {
    const now = Math.floor(performance.now() / 60_000)
    if (now !== minute) {
      minute = now
      noted = 0
    }
    noted += 1
    if (noted <= reportsPerMinuteMax) log.warn(stopped(request.body), 'the content security policy stopped something')
    response.status(204).end()
  }
}

function stopped(body: unknown): Record<string, string> {
  const report = readReport(body)
  const text = (name: string) => {
    const value = report[name]
    return typeof value === 'string' ? value.slice(0, 200) : ''
  }
  return { directive: text('effective-directive') || text('violated-directive'), blocked: text('blocked-uri') }
}

function readReport(body: unknown): Record<string, unknown> {
  try {
    const parsed = JSON.parse(String(body)) as { 'csp-report'?: Record<string, unknown> } | null
    return parsed?.['csp-report'] ?? {}
  } catch {
    return {}
  }
}
