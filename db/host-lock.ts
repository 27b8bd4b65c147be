import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { Failure } from '../domain/failure.ts'

const askEveryMs = 25

/**
 * Runs `work` while no other process of this host does so for the same `subject`. The lock is a listening socket in
 * Linux' abstract namespace: the kernel frees it when its holder dies, so it is never stale. Where there is none, `work`
 * runs unguarded. Throws `unavailable` when the lock is not free within `limitMs`.
 */
export async function withHostLock<T>(subject: string, limitMs: number, work: () => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return work()
  const name = `\0botfleet-${createHash('sha256').update(subject).digest('hex').slice(0, 32)}`
  const deadline = performance.now() + limitMs
  let lock = await listen(name)
  while (lock === undefined) {
    if (performance.now() > deadline) {
      throw new Failure('unavailable', `another process has been busy with ${subject} for ${limitMs / 1000} s`)
    }
    await new Promise((resolve) => setTimeout(resolve, askEveryMs * (0.5 + Math.random())))
    lock = await listen(name)
  }
  try {
    return await work()
  } finally {
    lock.close()
  }
}

/** Undefined while somebody else listens. */
async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((stranger) => stranger.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen({ path }, () => resolve(server))
  })
}
