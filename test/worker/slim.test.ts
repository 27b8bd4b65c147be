/** That workers stay small: what is in their bundle, what they load, what they keep, and how node runs them. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, test, vi } from 'vitest'
import { workerFlags } from '../../orchestrator/worker-flags.ts'
import { leanBuild, refuseHeavy } from '../../worker/lean-build.ts'
import { Tidying } from '../../worker/tidying.ts'
import { LoneWorkerRig, telegramBundle } from '../support/lone-worker.ts'
import { granting } from '../support/stand-in-gateway.ts'

const root = join(import.meta.dirname, '..', '..')

describe('the bundle', () => {
  async function bundled(contents: string): Promise<() => void> {
    const stdin = { contents, resolveDir: join(root, 'worker', 'telegram'), loader: 'ts' } as const
    const { metafile } = await build({ ...leanBuild('telegram'), stdin, outfile: join(root, 'dist', 'planted.mjs') })
    return () => refuseHeavy('telegram', metafile)
  }

  test('the worker as it is passes', async () => {
    expect(await bundled(`import './main.ts'`)).not.toThrow()
  })

  test.for([
    ['a package', `import 'pg'; import './main.ts'`, 'brings pg'],
    ['a module of node that few workers need', `import { connect } from 'node:tls'; connect(1)`, 'brings node:tls'],
    ['one that a left-out package had', `import { gzipSync } from 'node:zlib'; gzipSync('x')`, 'brings node:zlib'],
    ['what its own package left out', `import 'node-fetch/lib/index.js'; import './main.ts'`, 'brings node-fetch'],
    ['size', `import { z } from 'zod'; export const x = z.string()`, 'bytes, and'],
  ] as const)('%s that comes back fails the build', async ([, contents, words]) => {
    expect(await bundled(contents)).toThrow(words)
  })
})

/** Runs the real worker for one answered message; returns the modules of node's that it has loaded. */
async function modulesOfAWorkingWorker(): Promise<string[]> {
  const rig = await LoneWorkerRig.start(() => granting(30_000))
  const { sandbox, bot } = rig
  const ann = sandbox.addPerson({ firstName: 'Ann' }).id
  const atExit = 'process.on("exit",()=>process._rawDebug(JSON.stringify(process.moduleLoadList)))'
  const worker = spawn(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(atExit)}`,
    telegramBundle,
  ])
  const ended = once(worker, 'close')
  let said = ''
  worker.stderr.setEncoding('utf8').on('data', (chunk: string) => void (said += chunk))
  worker.stdout.resume()
  worker.stdin.end(`${rig.identityLine()}\n`)
  sandbox.sendText({ personId: ann, botId: bot.id, text: '/language' })
  await vi.waitFor(() => expect(sandbox.chat(bot.id, ann)).toHaveLength(2), { timeout: 20_000 })
  worker.kill('SIGTERM')
  await ended
  await rig.stop()
  return JSON.parse(said.slice(said.indexOf('['))) as string[]
}

test('a worker that answers over plain HTTP has loaded no TLS, no cryptography and no second HTTP client', async () => {
  const loaded = await modulesOfAWorkingWorker()
  expect(loaded).toContain('NativeModule _http_client')
  for (const name of [
    'tls',
    'crypto',
    'zlib',
    'http2',
    'perf_hooks',
    'worker_threads',
    'internal/deps/undici/undici',
  ]) {
    expect(loaded).not.toContain(`NativeModule ${name}`)
  }
})

test('no flag of a worker makes node compile its own modules anew', () => {
  const folder = mkdtempSync(join(tmpdir(), 'botfleet-slim-'))
  const program = join(folder, 'usage.cjs')
  writeFileSync(
    program,
    `require('node:http')
     const { compiledWithCache, compiledWithoutCache } = require('internal/test/binding').internalBinding('builtins').getCacheUsage()
     console.log(JSON.stringify([compiledWithCache.size, compiledWithoutCache.size]))`,
  )
  const usage = (flags: string[]): unknown =>
    JSON.parse(
      execFileSync(process.execPath, ['--no-warnings', '--expose-internals', ...flags, program], { encoding: 'utf8' }),
    )
  const [withCache, without] = usage(workerFlags({ bundle: program, heapMb: 64 })) as [number, number]
  expect(without).toBe(0)
  expect(withCache).toBeGreaterThan(20)
  // What the figure looks like with a flag that does.
  expect(usage(['--lite-mode'])).not.toEqual([withCache, without])
  rmSync(folder, { recursive: true, force: true })
})

describe('tidying', () => {
  test('garbage is collected in the first quiet moment, and then only after enough work', () => {
    let collected = 0
    const tidying = new Tidying(() => void (collected += 1))
    tidying.look(0, false)
    expect(collected).toBe(0)
    tidying.look(0, true)
    expect(collected).toBe(1)
    tidying.look(19, true)
    expect(collected).toBe(1)
    tidying.look(20, true)
    expect(collected).toBe(2)
    for (let handled = 20; handled < 620; handled += 1) tidying.look(handled, false)
    expect(collected).toBe(3)
    tidying.look(620, false)
    expect(collected).toBe(4)
  })

  test('it is really collected, and no gc is left lying about', () => {
    const global = globalThis as { gc?: unknown }
    const before = typeof global.gc
    new Tidying().look(0, true)
    expect(typeof global.gc).toBe(before)
  })
})
