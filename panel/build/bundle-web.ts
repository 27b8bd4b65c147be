/** Builds the browser's side of the panel into dist/panel, with compressed twins of every file that shrinks. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'dist', 'panel')

// Under a test runner NODE_ENV says otherwise, and React would come with its checks.
process.env['NODE_ENV'] = 'production'
await build({
  configFile: false,
  root: join(root, 'panel', 'web'),
  cacheDir: join(root, 'node_modules', '.cache', 'vite'),
  logLevel: 'warn',
  // The server puts the nonce of each answer in its place (panel/api/web-pages.ts).
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir: folder,
    emptyOutDir: true,
    manifest: true,
    target: 'es2023',
    // A data: address would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The libraries mark each of their files for servers that render; there is none.
      onLog: (level, log, pass) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') pass(level, log)
      },
    },
  },
})

const shrinking = /\.(?:js|css|svg)$/
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !shrinking.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const contents = readFileSync(path)
  writeFileSync(`${path}.gz`, gzipSync(contents, { level: 9 }))
  writeFileSync(`${path}.br`, brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
}
