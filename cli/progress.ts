import type { Cli } from './command.ts'

const sayEveryMs = 1000

/**
 * Says on stderr how far long work is, every second at most, as `  5000 of 100000 units`; work that is soon done says
 * nothing. The function that it gives throws when the person has interrupted.
 */
export function startProgress(cli: Cli, words: string): (done: number) => void {
  let saidAtMs = performance.now()
  return (done) => {
    cli.signal.throwIfAborted()
    if (performance.now() - saidAtMs < sayEveryMs) return
    saidAtMs = performance.now()
    cli.output.note(`  ${done} ${words}`)
  }
}
