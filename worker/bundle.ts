/** Bundles each platform's worker into one file in dist/: all that a worker may read (`npm run build`). */
import { join } from 'node:path'
import { build } from 'esbuild'
import { leanModules, refuseHeavy } from './lean-modules.ts'

const root = join(import.meta.dirname, '..')

const { metafile } = await build({
  entryPoints: { 'worker-telegram': join(root, 'worker', 'telegram', 'main.ts') },
  outdir: join(root, 'dist'),
  outExtension: { '.js': '.mjs' },
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  // One character beyond Latin-1 would make V8 keep the whole source in two bytes a character.
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
  inject: [join(root, 'worker', 'shims', 'performance.ts')],
  metafile: true,
  plugins: [leanModules],
})
refuseHeavy(metafile)
