import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { identityOf, livenessOf, readOwnIdentity, signalProcess } from '../../runtime/process-identity.ts'

function startSleeper() {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  const identity = identityOf(child.pid ?? 0)
  if (identity === undefined) throw new Error('sleep did not start')
  return { child, identity }
}

test('a process knows itself', () => {
  const own = readOwnIdentity()
  expect(own.pid).toBe(process.pid)
  expect(livenessOf(own)).toBe('alive')
  expect(own).toEqual(identityOf(process.pid))
})

test('a process is alive until it has ended, and is then provably dead', async () => {
  const { child, identity } = startSleeper()
  expect(livenessOf(identity)).toBe('alive')
  expect(signalProcess(identity, 'SIGKILL')).toBe(true)
  await once(child, 'exit')
  expect(livenessOf(identity)).toBe('dead')
  expect(signalProcess(identity, 'SIGKILL')).toBe(false)
})

test('a zombie is dead', async () => {
  // The shell's child ends at once, and its new program never asks for it.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /))
    const identity = identityOf(pid)
    expect(identity && livenessOf(identity)).toBe('dead')
  } finally {
    parent.kill('SIGKILL')
  }
})

test('a pid that another process has now is not signalled', () => {
  const { child, identity } = startSleeper()
  try {
    const earlier = { ...identity, startTicks: '1' }
    expect(livenessOf(earlier)).toBe('dead')
    expect(signalProcess(earlier, 'SIGKILL')).toBe(false)
    expect(livenessOf(identity)).toBe('alive')
  } finally {
    child.kill('SIGKILL')
  }
})

test('a process of another boot or namespace is not provable and not signalled', () => {
  const { child, identity } = startSleeper()
  try {
    for (const foreign of [
      { ...identity, bootId: '00000000-0000-0000-0000-000000000000' },
      { ...identity, pidNamespace: '1' },
    ]) {
      expect(livenessOf(foreign)).toBe('unprovable')
      expect(signalProcess(foreign, 'SIGKILL')).toBe(false)
    }
    expect(livenessOf(identity)).toBe('alive')
  } finally {
    child.kill('SIGKILL')
  }
})

test('a command name with spaces and parentheses does not confuse the reading', async () => {
  const child = spawn(
    process.execPath,
    ['-e', `process.title = ') Z 1 (x'; console.log('ready'); setInterval(() => {}, 1000)`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    const before = identityOf(child.pid ?? 0)
    await once(child.stdout, 'data')
    const after = identityOf(child.pid ?? 0)
    expect(after).toEqual(before)
    expect(after && livenessOf(after)).toBe('alive')
  } finally {
    child.kill('SIGKILL')
  }
})
