/**
 * How workers are bundled, what is left out of them, and the guard that it stays out. A worker is one of many on its
 * server, and each module that it loads is paid for in every one (docs/adr/0005-slim-workers.md).
 */
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'

const shims = join(import.meta.dirname, 'shims')

/** Packages and what stands in for them. */
const standIns: Readonly<Record<string, string>> = {
  'node-fetch': 'node-fetch.ts',
  pino: 'pino.ts',
  debug: 'debug.ts',
  'p-timeout': 'p-timeout.ts',
  'safe-compare': 'nothing.ts',
}

/** The same, but only where telegraf asks: modules of node, and files of its own. */
const standInsForTelegraf: Readonly<Record<string, string>> = {
  crypto: 'crypto.ts',
  fs: 'nothing.ts',
  'fs/promises': 'nothing.ts',
  http: 'nothing.ts',
  https: 'https.ts',
  url: 'url.ts',
  './core/network/polling': 'nothing.ts',
  './core/network/webhook': 'nothing.ts',
  './markup': 'nothing.ts',
  './input': 'nothing.ts',
  './router': 'nothing.ts',
  './scenes': 'nothing.ts',
  './session': 'nothing.ts',
}

const leanModules: Plugin = {
  name: 'lean-modules',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
      const fromTelegraf = /[\\/]node_modules[\\/]telegraf[\\/]/.test(importer)
      const file = standIns[path] ?? (fromTelegraf ? standInsForTelegraf[path] : undefined)
      if (file === undefined) return isBuiltin(path) ? { path, namespace: 'builtin' } : undefined
      return { path: join(shims, file), ...(kind === 'require-call' ? { namespace: 'required' } : {}) }
    })
    // `require` wants the function that a module is, where it is one.
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `const found = require(${JSON.stringify(path)}); module.exports = found.default ?? found`,
      resolveDir: shims,
    }))
    // To `import` a module of node's is to read all that it exports, and node:http exports WebSocket, which loads a
    // second HTTP client, HTTP/2, TLS and worker threads with it: 74 modules that nobody here calls.
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

export const leanBuild = {
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  // One character beyond Latin-1 would make V8 keep the whole source in two bytes a character.
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
  inject: [join(shims, 'performance.ts')],
  plugins: [leanModules],
} as const satisfies BuildOptions

const bytesMax = 400_000
const packagesAllowed = new Set(['telegraf', 'zod', 'sandwich-stream'])
/** The rest of node is loaded at run time where it is needed, by `process.getBuiltinModule`. */
const builtinsAllowed = new Set(['node:fs', 'node:http', 'node:os', 'path', 'stream'])

/** Throws, and so fails the build, when a bundle holds what nobody decided to let in. */
export function refuseHeavy({ outputs }: Metafile): void {
  const found = Object.entries(outputs).flatMap(([file, { bytes, inputs, imports }]) => {
    if (file.endsWith('.map')) return []
    const paths = Object.keys(inputs)
    const packages = paths.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    const builtins = paths.flatMap((path) => /^builtin:(.*)/.exec(path)?.[1] ?? [])
    const foreign = [
      ...packages.filter((name) => !packagesAllowed.has(name)),
      ...builtins.filter((name) => !builtinsAllowed.has(name)),
      ...imports.map(({ path }) => path),
    ]
    return [
      ...[...new Set(foreign)].map((name) => `${file} brings ${name}`),
      ...(bytes > bytesMax ? [`${file} has ${bytes} bytes, and ${bytesMax} are allowed`] : []),
    ]
  })
  if (found.length > 0) throw new Error(`a worker became heavy: ${found.join('; ')} (docs/adr/0005-slim-workers.md)`)
}
