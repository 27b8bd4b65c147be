/** Bundles each platform's worker into one file in dist/: all that a worker may read (`npm run build`). */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { platforms } from '../domain/instance.ts'
import { leanBuild, refuseHeavy } from './lean-build.ts'

const root = join(import.meta.dirname, '..')

for (const platform of platforms) {
  const { outputFiles, metafile } = await build({
    ...leanBuild(platform),
    entryPoints: { [`worker-${platform}`]: join(root, 'worker', platform, 'main.ts') },
    outdir: join(root, 'dist'),
    outExtension: { '.js': '.mjs' },
    // For people who read a stack trace; no worker may read it.
    sourcemap: 'external',
  })
  refuseHeavy(platform, metafile)
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
}
