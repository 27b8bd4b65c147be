import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { Interrupted } from './interruption.ts'
import type { Output } from './output.ts'

/**
 * Asks for a secret on the terminal without showing what is typed. Call it only where `output.interactive`.
 * @returns what was typed, trimmed; empty when the person only pressed Enter or closed the input.
 */
export function askSecret(output: Output, question: string): Promise<string> {
  return askLine(output, question, true)
}

/** Asks a yes-or-no question on the terminal; only `y` or `yes` is a yes. */
export async function askConfirmation(output: Output, question: string): Promise<boolean> {
  const answer = await askLine(output, `${question} [y/N] `, false)
  return /^y(es)?$/i.test(answer)
}

function askLine(output: Output, question: string, hidden: boolean): Promise<string> {
  const echo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!hidden) output.ask(chunk.toString('utf8'))
      done()
    },
  })
  const lines = createInterface({ input: process.stdin, output: echo, terminal: true, historySize: 0 })
  output.ask(question)
  return new Promise((resolve, reject) => {
    lines.once('SIGINT', () => {
      if (hidden) output.ask('\n')
      reject(new Interrupted('SIGINT'))
      lines.close()
    })
    lines.once('line', (line) => {
      if (hidden) output.ask('\n')
      resolve(line.trim())
      lines.close()
    })
    lines.once('close', () => resolve(''))
  })
}
