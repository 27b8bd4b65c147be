/**
 * `npm run bench`: every figure; `npm run bench -- NAME ...`: some; `--runs N`: how often (5); `--list`: their names;
 * `--dry`: prints the lines and leaves results.md alone. Ends everything it has started, after Ctrl-C too.
 */
import { parseArgs } from 'node:util'
import { type Figure, Run, type Sample } from './figure.ts'
import { figures } from './figures/all.ts'
import { lineOf, writeResults } from './results.ts'
import { Bench } from './support/bench.ts'

const runsDefault = 5

interface Measured {
  readonly samples: Sample[]
  readonly failures: string[]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, list: { type: 'boolean' }, dry: { type: 'boolean' } },
})
const chosen = positionals.length === 0 ? figures : figures.filter(({ name }) => positionals.includes(name))
const unknown = positionals.find((name) => !figures.some((figure) => figure.name === name))
const runs = Number(values.runs ?? runsDefault)

if (values.list === true) {
  for (const { name, title } of figures) process.stdout.write(`${name.padEnd(16)}${title}\n`)
} else if (unknown !== undefined || !Number.isInteger(runs) || runs < 1) {
  process.stderr.write(
    `${unknown === undefined ? '--runs takes a whole number' : `no figure ${unknown}: see --list`}\n`,
  )
  process.exitCode = 2
} else {
  await measureAll(chosen, { runs, dry: values.dry === true })
}

async function measureAll(wanted: readonly Figure[], options: { runs: number; dry: boolean }): Promise<void> {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort(new Error('interrupted')))
  const bench = await Bench.start(stopping.signal)
  const measured = new Map(wanted.map((figure): [Figure, Measured] => [figure, { samples: [], failures: [] }]))
  try {
    for (let index = 1; index <= options.runs; index += 1) {
      say(`run ${index} of ${options.runs}`)
      await measureOnce(new Run(bench), measured)
      report(measured, bench, options.dry)
    }
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    say('interrupted: what was started has been ended')
    process.exitCode = 130
  } finally {
    await bench.stop()
  }
}

/** Measures each figure once; one that fails is noted and the run goes on. */
async function measureOnce(run: Run, measured: ReadonlyMap<Figure, Measured>): Promise<void> {
  for (const [figure, { samples, failures }] of measured) {
    const startedAtMs = performance.now()
    try {
      const sample = await figure.measure(run)
      samples.push(sample)
      say(`${figure.name} ${JSON.stringify(sample)} after ${Math.round((performance.now() - startedAtMs) / 1000)} s`)
    } catch (error) {
      run.bench.signal.throwIfAborted()
      failures.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
      say(`${figure.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
  }
}

/** After each run, so that a long one that is ended early leaves what it has measured. */
function report(measured: ReadonlyMap<Figure, Measured>, bench: Bench, dry: boolean): void {
  const lines = new Map(
    [...measured].map(([figure, { samples, failures }]) => [figure.name, lineOf(figure, samples, failures)]),
  )
  if (dry) for (const line of lines.values()) process.stdout.write(`${line}\n`)
  else writeResults(lines, figures, bench.postgresVersion)
}

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`)
}
