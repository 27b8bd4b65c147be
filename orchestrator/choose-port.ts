import { createServer } from 'node:net'
import { Failure } from '../domain/failure.ts'

/**
 * Chooses a worker's port on 127.0.0.1: the reserved one when nobody listens there, else the next one that is free
 * and not reserved for another instance of this server.
 */
export async function choosePort(options: {
  reserved: number | null
  /** Ports that other instances of this server hold or have reserved. */
  others: ReadonlySet<number>
  base: number
  count: number
}): Promise<number> {
  if (options.reserved !== null && (await isFree(options.reserved))) return options.reserved
  for (let port = options.base; port < options.base + options.count; port += 1) {
    if (port === options.reserved || options.others.has(port)) continue
    if (await isFree(port)) return port
  }
  throw new Failure(
    'unavailable',
    `no free port from ${options.base} to ${options.base + options.count - 1}: set WORKER_PORT_BASE or WORKER_PORT_COUNT`,
  )
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      // Without this, a supervisor that has run out of descriptors would call every port taken.
      if (error.code === 'EMFILE' || error.code === 'ENFILE') reject(outOfDescriptors(error))
      else resolve(false)
    })
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

function outOfDescriptors(cause: Error): Failure {
  const message = 'no file descriptor is left in the supervisor: raise `ulimit -n` (LimitNOFILE= in a systemd unit)'
  return new Failure('unavailable', message, { cause })
}
