/**
 * What is left out of a worker's bundle, and the guard that it stays out: a worker is one of many on its server, and
 * each module that it loads is paid for in every one (docs/adr/0005-slim-workers.md).
 */
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { Metafile, Plugin } from 'esbuild'

const shims = join(import.meta.dirname, 'shims')

/** Modules and what stands in for them; those with a `/` are files of telegraf. */
const standIns: Readonly<Record<string, string>> = {
  'node-fetch': 'node-fetch.ts',
  pino: 'pino.ts',
  debug: 'debug.ts',
  'p-timeout': 'p-timeout.ts',
  'safe-compare': 'nothing.ts',
}

/** The same, but only where telegraf asks: our own code may want the real one. */
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

/** Puts the stand-ins in the place of what they stand in for. */
export const leanModules: Plugin = {
  name: 'lean-modules',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
      const fromTelegraf = /[\\/]node_modules[\\/]telegraf[\\/]/.test(importer)
      const file = standIns[path] ?? (fromTelegraf ? standInsForTelegraf[path] : undefined)
      // `require` wants the function that a module is, where it is one.
      if (file !== undefined) return { path: join(shims, file), ...(kind === 'require-call' ? { namespace: 'required' } : {}) }
      return isBuiltin(path) ? { path, namespace: 'builtin' } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `const found = require(${JSON.stringify(path)}); module.exports = found.default ?? found`,
      resolveDir: shims,
    }))
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

const bytesMax = 140_000
const packagesAllowed = new Set(['telegraf', 'zod', 'sandwich-stream'])
/** The rest is loaded at run time where it is needed, by `process.getBuiltinModule`. */
const builtinsAllowed = new Set(['node:fs', 'node:http', 'path', 'stream'])

/** Throws, and so fails the build, when a bundle holds what nobody decided to let in. */
export function refuseHeavy(metafile: Metafile): void {
  const found = Object.entries(metafile.outputs).flatMap(([file, { bytes, inputs, imports }]) => {
    const packages = Object.keys(inputs).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    const builtins = Object.keys(inputs).flatMap((path) => /^builtin:(.*)/.exec(path)?.[1] ?? [])
    const foreign = [
      ...packages.filter((name) => !packagesAllowed.has(name)),
      ...builtins.filter((name) => !builtinsAllowed.has(name)),
      ...imports.map(({ path }) => path),
    ]
    return [
      ...[...new Set(foreign)].map((name) => `${file} brings ${name}`),
      ...(bytes > bytesMax ? [`${file} has ${bytes} bytes, of ${bytesMax} at most`] : []),
    ]
  })
  if (found.length === 0) return
  throw new Error(`the worker became heavy: ${found.join('; ')}. See docs/adr/0005-slim-workers.md.`)
}
