import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type WorkerIdentity, workerIdentitySchema } from '../domain/worker-contract.ts'

/**
 * Waits, nameless, for the one JSON line by which this process becomes the worker of an instance.
 * @returns undefined when the stream closes before: a spare that nobody needed ends.
 */
export async function readIdentity(input: Readable): Promise<WorkerIdentity | undefined> {
  const lines = createInterface({ input })
  for await (const line of lines) {
    lines.close()
    return workerIdentitySchema.parse(JSON.parse(line))
  }
  return undefined
}
