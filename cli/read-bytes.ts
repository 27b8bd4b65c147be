import { createReadStream } from 'node:fs'
import { Failure } from '../domain/failure.ts'
import { untilInterrupted } from './interruption.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
}

/** Reads a whole file, or stdin (`-`); throws `usage` naming the flag when it cannot be read or is too large. */
export async function readBytes(input: {
  readonly path: string
  readonly flag: string
  readonly bytesMax: number
  readonly signal: AbortSignal
}): Promise<Buffer> {
  const { path, flag, bytesMax } = input
  const stream = path === '-' ? process.stdin : createReadStream(path)
  const reading = (async () => {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Buffer)
      size += bytes.length
      if (size > bytesMax) throw new Failure('usage', `${flag}: more than ${bytesMax} bytes`)
      chunks.push(bytes)
    }
    return Buffer.concat(chunks)
  })()
  try {
    return await untilInterrupted(reading, input.signal)
  } catch (error) {
    stream.destroy()
    if (error instanceof Error && 'syscall' in error) {
      const { code = '' } = error as NodeJS.ErrnoException
      throw new Failure('usage', `${flag}: ${path} cannot be read: ${reasons[code] ?? code}`, { cause: error })
    }
    throw error
  }
}
