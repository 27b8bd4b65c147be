import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

const folder = join(import.meta.dirname, '..', '..', '..', 'dist', 'panel')

interface Chunk {
  readonly file: string
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

const manifest = JSON.parse(readFileSync(join(folder, '.vite', 'manifest.json'), 'utf8')) as Record<string, Chunk>

/** Files that are loaded for some entries of the build, with everything that these import. */
function filesOf(entries: readonly string[]): Set<string> {
  const seen = new Set<string>()
  const files = new Set<string>()
  const visit = (name: string) => {
    const chunk = manifest[name]
    if (chunk === undefined || seen.has(name)) return
    seen.add(name)
    files.add(chunk.file)
    for (const file of chunk.css ?? []) files.add(file)
    for (const each of chunk.imports ?? []) visit(each)
  }
  for (const entry of entries) visit(entry)
  return files
}

const packedKb = (files: Iterable<string>, end: string) =>
  [...files]
    .filter((file) => file.endsWith(end))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file)), { level: 9 }).length, 0) / 1000

it.each(['en', 'zh', 'fa', 'ru'])(
  'the first page in %s is at most 200 KB of scripts and 20 KB of styles, packed',
  (language) => {
    const files = filesOf(['index.html', 'pages/overview/overview.tsx', `i18n/${language}.json`])
    expect(files.size).toBeGreaterThan(5)
    expect(packedKb(files, '.js')).toBeLessThanOrEqual(200)
    expect(packedKb(files, '.css')).toBeLessThanOrEqual(20)
  },
)

it('charts are loaded only where they are shown', () => {
  const first = filesOf(['index.html', 'pages/overview/overview.tsx', 'pages/bots/bots.tsx', 'pages/bot/bot.tsx'])
  const texts = [...first].map((file) => readFileSync(join(folder, file), 'utf8')).join('')
  expect(texts).not.toContain('u-wrap')
  const charts = filesOf(['pages/bot/charts.tsx'])
  expect([...charts].map((file) => readFileSync(join(folder, file), 'utf8')).join('')).toContain('u-wrap')
})
