import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ask, type RunningPanel, runPanel } from '../panel-fixture.ts'

let test: TestDatabase
let panel: RunningPanel
beforeAll(async () => {
  test = await createTestDatabase()
  panel = await runPanel(test.database)
})
afterAll(async () => {
  await panel.stop()
  await test.drop()
})

const open = (path: string, headers: Record<string, string> = {}) =>
  ask(panel, path, { headers: { accept: 'text/html', ...headers } })

describe('the page', () => {
  it('is never stored, and each answer has a nonce of its own that its policy names', async () => {
    const answers = [await open('/'), await open('/bots/abc?tab=log')]
    const nonces = answers.map(({ status, headers, text }) => {
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('no-store')
      const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(headers.get('content-security-policy') ?? '')?.[1] ?? ''
      expect(nonce).toHaveLength(24)
      expect(text).toContain(`nonce="${nonce}"`)
      expect(text).not.toContain('__')
      return nonce
    })
    expect(new Set(nonces).size).toBe(2)
  })

  it('allows nothing inline, no other host and no frame', async () => {
    const policy = (await open('/')).headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; /)
    expect(policy).not.toMatch(/unsafe|\*|http|data:/)
    for (const part of ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"])
      expect(policy).toContain(part)
  })

  it.each([
    [{ cookie: 'a=b; lang=fa' }, 'lang="fa" dir="rtl"'],
    [{ cookie: 'lang=tlh', 'accept-language': 'ru-RU,ru;q=0.9' }, 'lang="ru" dir="ltr"'],
    [{ 'accept-language': 'zh-Hans-CN' }, 'lang="zh" dir="ltr"'],
    [{ 'accept-language': 'sw' }, 'lang="en" dir="ltr"'],
    [{ cookie: 'lang="><script>' }, 'lang="en" dir="ltr"'],
  ])('is written in the language of %j', async (headers, expected) => {
    expect((await open('/', headers as Record<string, string>)).text).toContain(`<html ${expected}>`)
  })

  it('is not what a program gets for an address of no route', async () => {
    for (const answer of [await ask(panel, '/bots'), await open('/api/nothing')]) {
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    }
  })

  it('is not served where nothing is served: other methods and paths outside of the build', async () => {
    expect((await ask(panel, '/', { method: 'POST', headers: { accept: 'text/html' } })).status).toBe(404)
    for (const path of [
      '/assets/../../package.json',
      '/..%2f..%2fpackage.json',
      '/.vite/manifest.json',
      '/index.html.br',
    ]) {
      expect((await ask(panel, path)).status, path).toBe(404)
    }
  })
})

describe('a file of the build', () => {
  const firstScript = async () => /src="(\/assets\/[^"]+\.js)"/.exec((await open('/')).text)?.[1] ?? ''

  it('may be kept for ever, since its name changes with it', async () => {
    const { status, headers } = await ask(panel, await firstScript())
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('travels as %s to who takes it, and is the same inside', async (encoding, unpack) => {
    const path = await firstScript()
    const plain = await fetch(panel.url + path, { headers: { 'accept-encoding': 'identity' } })
    const packed = await rawBody(path, encoding)
    expect(unpack(packed.body).toString()).toBe(await plain.text())
    expect(packed.encoding).toBe(encoding)
  })

  async function rawBody(path: string, encoding: string): Promise<{ body: Buffer; encoding: string | undefined }> {
    const { request } = await import('node:http')
    const { promise, resolve, reject } = Promise.withResolvers<{ body: Buffer; encoding: string | undefined }>()
    request({ host: '127.0.0.1', port: panel.port, path, headers: { 'accept-encoding': encoding } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ body: Buffer.concat(chunks), encoding: response.headers['content-encoding'] }))
    })
      .on('error', reject)
      .end()
    return promise
  }
})

describe('reports of the content security policy', () => {
  const report = (directive: string) =>
    ask(panel, '/csp-report', {
      method: 'POST',
      headers: { 'content-type': 'application/csp-report' },
      body: JSON.stringify({
        'csp-report': { 'effective-directive': directive, 'blocked-uri': 'https://evil.test/x' },
      }),
    })
  const noted = () =>
    panel
      .logged()
      .split('\n')
      .filter((line) => line.includes('security policy')).length

  it('are written down, at most ten a minute, and what is none does no harm', async () => {
    expect((await report('img-src')).status).toBe(204)
    expect(noted()).toBe(1)
    for (const body of ['', 'null', '[]', '{"csp-report":3}', 'no json']) {
      expect((await ask(panel, '/csp-report', { method: 'POST', body })).status).toBe(204)
    }
    for (let n = 0; n < 20; n += 1) await report('font-src')
    expect(noted()).toBe(10)
    expect((await ask(panel, '/csp-report', { method: 'POST', body: 'x'.repeat(9000) })).status).toBe(413)
  })
})
