import type { Readable } from 'node:stream'
import { type WorkerIdentity, workerIdentitySchema } from '../domain/worker-contract.ts'

const lineBytesMax = 64 * 1024

/**
 * Waits, nameless, for the one JSON line by which this process becomes the worker of an instance.
 * @returns undefined when the stream closes before: a spare that nobody needed ends.
 */
export async function readIdentity(input: Readable): Promise<WorkerIdentity | undefined> {
  const line = await readLine(input)
  return line === undefined ? undefined : workerIdentitySchema.parse(JSON.parse(line))
}

/** The first line; undefined when the stream ends without one. */
function readLine(input: Readable): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let text = ''
    input.setEncoding('utf8')
    input.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end >= 0) done(text.slice(0, end))
      else if (text.length > lineBytesMax) reject(new Error('the identity is too long'))
    })
    input.on('end', () => done(text.trim() === '' ? undefined : text))
    input.on('error', reject)
    function done(line: string | undefined): void {
      input.removeAllListeners('data')
      input.pause()
      resolve(line)
    }
  })
}
