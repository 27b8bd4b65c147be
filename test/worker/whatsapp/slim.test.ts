/** That WhatsApp workers stay small and silent: what is in their bundle, and what they load. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { leanBuild, refuseHeavy } from '../../../worker/lean-build.ts'
import { WhatsAppWorkers, whatsappBundle } from '../../support/whatsapp-workers.ts'

const root = join(import.meta.dirname, '..', '..', '..')

describe('the bundle', () => {
  async function bundled(contents: string): Promise<() => void> {
    const stdin = { contents, resolveDir: join(root, 'worker', 'whatsapp'), loader: 'ts' } as const
    const { metafile } = await build({ ...leanBuild('whatsapp'), stdin, outfile: join(root, 'dist', 'planted.mjs') })
    return () => refuseHeavy('whatsapp', metafile)
  }

  test('the worker as it is passes', async () => {
    expect(await bundled(`import './main.ts'`)).not.toThrow()
  })

  test.for([
    ['a package', `import 'telegraf'; import './main.ts'`, 'brings telegraf'],
    ['a module of node that is loaded late', `import { connect } from 'node:tls'; connect(1)`, 'brings node:tls'],
    [
      'what a stand-in had taken away',
      `import * as all from 'music-metadata'; globalThis.all = all; import './main.ts'`,
      'brings music-metadata',
    ],
    [
      'the generated code of messages',
      `import * as all from '@whiskeysockets/baileys/lib/WAM/index.js'; globalThis.all = all; import './main.ts'`,
      'bytes, and',
    ],
  ] as const)('%s that comes back fails the build', async ([, contents, words]) => {
    expect(await bundled(contents)).toThrow(words)
  })

  test('no call of the console is left in it', () => {
    expect(readFileSync(whatsappBundle, 'utf8')).not.toMatch(/\bconsole\.(log|info|warn|error|debug)\(/)
  })
})

/** Run in a worker before its bundle: says at its end what it has loaded, and how many arrays of numbers it has made. */
const teller = `let arrays = 0
  globalThis.Float64Array = new Proxy(Float64Array, { construct: (made, given) => (arrays++, new made(...given)) })
  process.on('exit', () => process._rawDebug(JSON.stringify({ loaded: process.moduleLoadList, arrays })))`

test('a worker that logs in over a plain connection has loaded no TLS, no compression and no second cryptography, and computes no curve by hand', async () => {
  const rig = await WhatsAppWorkers.start()
  try {
    const phone = '989121234567'
    await rig.link('b', phone)
    const loader = `data:text/javascript,${encodeURIComponent(teller)}`
    const worker = spawn(process.execPath, ['--import', loader, whatsappBundle])
    const ended = once(worker, 'close')
    let said = ''
    worker.stderr.setEncoding('utf8').on('data', (chunk: string) => void (said += chunk))
    worker.stdout.resume()
    rig.phases.delete('c')
    rig.sessions.set('c', rig.session('b'))
    worker.stdin.end(`${rig.identityLine('c', { phone })}\n`)
    await rig.until('c', 'running')
    worker.kill('SIGTERM')
    await ended
    const { loaded, arrays } = JSON.parse(said.slice(said.indexOf('{'))) as { loaded: string[]; arrays: number }
    // A signature that curve25519-js verifies takes nine thousand.
    expect(arrays).toBeLessThan(500)
    expect(loaded).toContain('NativeModule crypto')
    for (const name of ['tls', 'zlib', 'http2', 'perf_hooks', 'worker_threads', 'internal/crypto/webcrypto']) {
      expect(loaded).not.toContain(`NativeModule ${name}`)
    }
    expect(loaded).not.toContain('NativeModule internal/deps/undici/undici')
  } finally {
    await rig.stop()
  }
})
