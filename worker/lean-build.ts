/**
 * How workers are bundled, what is left out of them, and the guard that it stays out. A worker is one of many on its
 * server, and each module that it loads is paid for in every one (docs/adr/0005-slim-workers.md).
 */
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'
import type { Platform } from '../domain/instance.ts'
import type { LeanPlan } from './lean/plan.ts'
import { leanTelegram } from './lean/telegram.ts'
import { leanWhatsapp } from './lean/whatsapp.ts'

const shims = join(import.meta.dirname, 'shims')
const plans: Readonly<Record<Platform, LeanPlan>> = { telegram: leanTelegram, whatsapp: leanWhatsapp }

function leanModules({ standIns, within, written }: LeanPlan): Plugin {
  const standInFor = (path: string, importer: string): string | undefined => {
    const asks = packageOf(importer)
    const own = asks === undefined ? undefined : within[asks]
    return own?.[path] ?? standIns[path]
  }
  return {
    name: 'lean-modules',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
        const file = standInFor(path, importer)
        if (file === undefined) return isBuiltin(path) ? { path, namespace: 'builtin' } : undefined
        if (file.startsWith('written:')) return { path: file.slice('written:'.length), namespace: 'written' }
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
      build.onLoad({ filter: /.*/, namespace: 'written' }, ({ path }) => ({
        contents: written[path]?.() ?? '',
        resolveDir: shims,
      }))
    },
  }
}

/** The options of a platform's bundle. */
export function leanBuild(platform: Platform) {
  const plan = plans[platform]
  return {
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
    define: { ...plan.define },
    inject: plan.inject.map((file) => join(shims, file)),
    plugins: [leanModules(plan)],
    ...(plan.isSilent ? { drop: ['console'] } : {}),
  } as const satisfies BuildOptions
}

/** Throws, and so fails the build, when a bundle holds what nobody decided to let in. */
export function refuseHeavy(platform: Platform, { outputs }: Metafile): void {
  const { bytesMax, packagesAllowed, builtinsAllowed } = plans[platform]
  const found = Object.entries(outputs).flatMap(([file, { bytes, inputs, imports }]) => {
    if (file.endsWith('.map')) return []
    const paths = Object.keys(inputs)
    const packages = paths.flatMap((path) => packageOf(path) ?? [])
    const builtins = paths.flatMap((path) => /^builtin:(.*)/.exec(path)?.[1] ?? [])
    const foreign = [
      ...packages.filter((name) => !packagesAllowed.includes(name)),
      ...builtins.filter((name) => !builtinsAllowed.includes(name)),
      ...imports.map(({ path }) => path),
    ]
    return [
      ...[...new Set(foreign)].map((name) => `${file} brings ${name}`),
      ...(bytes > bytesMax ? [`${file} has ${bytes} bytes, and ${bytesMax} are allowed`] : []),
    ]
  })
  if (found.length > 0) throw new Error(`a worker became heavy: ${found.join('; ')} (docs/adr/0005-slim-workers.md)`)
}

/** The package that a file belongs to; undefined for one of ours. */
function packageOf(path: string): string | undefined {
  return /.*[\\/]?node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path)?.[1]
}
