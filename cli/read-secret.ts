import { Failure } from '../domain/failure.ts'
import type { Output } from './output.ts'
import { askSecret } from './prompt.ts'
import { readBytes } from './read-bytes.ts'

const bytesMax = 64 * 1024

/**
 * Reads a secret from a file (`-` is stdin) or asks for it on a terminal: a secret is never an argument, since every
 * user of the machine can read those. Throws `usage` naming the flag when there is neither.
 */
export async function readSecret(
  output: Output,
  input: { file: string | undefined; flag: string; question: string; signal: AbortSignal },
): Promise<string> {
  const secret = await readWhereGiven(output, input)
  if (secret === '') throw new Failure('usage', `nothing was given: the value of ${input.flag} is empty`)
  return secret
}

async function readWhereGiven(
  output: Output,
  input: { file: string | undefined; flag: string; question: string; signal: AbortSignal },
): Promise<string> {
  if (input.file !== undefined) return (await readSmallFile(input.file, input.flag, input.signal)).trim()
  if (output.interactive) return askSecret(output, input.question)
  throw new Failure('usage', `a secret is needed and nobody can be asked: give ${input.flag} FILE ('-' reads stdin)`)
}

/** Reads a text file of at most 64 KiB (`-` is stdin); throws `usage` when it cannot be read. */
export async function readSmallFile(path: string, flag: string, signal: AbortSignal): Promise<string> {
  return (await readBytes({ path, flag, bytesMax, signal })).toString('utf8')
}
