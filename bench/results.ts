/** bench/results.md: a table with one line a figure; a figure measured again replaces its own line and no other. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Figure, Outcome, Sample } from './figure.ts'
import { type Spread, spreadOf } from './support/spread.ts'

const file = join(import.meta.dirname, 'results.md')
const head = ['figure', 'ours', 'floor', 'ours / floor', 'to reach', 'reached', 'PM2', 'besides', 'measured']

/** Joins the runs of a figure. */
export function outcomeOf(samples: readonly Sample[]): Outcome {
  const ours = spreadOf(samples.map((sample) => sample.ours))
  if (ours === undefined) throw new Error('no run succeeded')
  const floors = samples.flatMap(({ floor }) => (floor === undefined ? [] : [floor]))
  const ratios = samples.flatMap((sample) => (sample.floor === undefined ? [] : [sample.ours / sample.floor]))
  const peers = samples.flatMap(({ pm2 }) => (typeof pm2 === 'number' ? [pm2] : []))
  const besides = new Map<string, Spread>()
  for (const name of new Set(samples.flatMap((sample) => Object.keys(sample.besides ?? {})))) {
    const spread = spreadOf(samples.flatMap((sample) => sample.besides?.[name] ?? []))
    if (spread !== undefined) besides.set(name, spread)
  }
  return {
    ours,
    floor: spreadOf(floors),
    ratio: spreadOf(ratios),
    pm2: spreadOf(peers) ?? samples.find(({ pm2 }) => typeof pm2 === 'string')?.pm2?.toString(),
    besides,
  }
}

/** A figure's line of the table. */
export function lineOf(figure: Figure, samples: readonly Sample[], failures: readonly string[]): string {
  const stamp = `${new Date().toISOString().slice(0, 10)}, ${commit()}, ${samples.length} runs`
  const failed = failures.length === 0 ? '' : `; ${failures.length} failed: ${failures[0] ?? ''}`
  if (samples.length === 0)
    return cells(figure, { 'to reach': figure.reach.text, ours: failed.slice(2), measured: stamp })
  const outcome = outcomeOf(samples)
  const number = (spread: Spread | undefined) => (spread === undefined ? '-' : text(spread, figure.digits))
  const pm2 = typeof outcome.pm2 === 'string' ? `failed: ${outcome.pm2}` : number(outcome.pm2)
  return cells(figure, {
    ours: `${number(outcome.ours)} ${figure.unit}${failed}`,
    floor: outcome.floor === undefined ? '-' : `${number(outcome.floor)} (${figure.floor ?? ''})`,
    'ours / floor': outcome.ratio === undefined ? '-' : text(outcome.ratio, 2),
    'to reach': figure.reach.text,
    reached: figure.reach.holds(outcome) && failures.length === 0 ? 'yes' : '**no**',
    PM2: pm2 === '-' || outcome.floor === undefined || typeof outcome.pm2 === 'string' ? pm2 : withRatio(outcome, pm2),
    besides: [...outcome.besides].map(([name, spread]) => `${text(spread, 1)} ${name}`).join('; '),
    measured: stamp,
  })
}

function withRatio(outcome: Outcome, pm2: string): string {
  if (outcome.floor === undefined || outcome.pm2 === undefined || typeof outcome.pm2 === 'string') return pm2
  return `${pm2}: ${(outcome.pm2.median / outcome.floor.median).toFixed(2)} of the floor`
}

function cells(figure: Figure, values: Readonly<Record<string, string>>): string {
  const all: Readonly<Record<string, string>> = { figure: `\`${figure.name}\`: ${figure.title}`, ...values }
  return `| ${head.map((name) => (all[name] ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}

/** `12.3 (11.9 to 14.0)`. */
function text({ median, min, max }: Spread, digits: number): string {
  const [middle = '', least = '', most = ''] = [median, min, max].map((value) => value.toFixed(digits))
  return least === most ? middle : `${middle} (${least} to ${most})`
}

/** Writes the file anew with these lines; lines of other figures stay as they are. */
export function writeResults(lines: ReadonlyMap<string, string>, all: readonly Figure[], postgres: string): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const kept = (figure: Figure) => before.find((line) => line.startsWith(`| \`${figure.name}\`:`))
  const rows = all.flatMap((figure) => lines.get(figure.name) ?? kept(figure) ?? [])
  const [cpu] = cpus()
  writeFileSync(
    file,
    [
      '# Results',
      '',
      `Written by \`npm run bench\` (last on ${new Date().toISOString().slice(0, 10)}: commit ${commit()}, Node ${process.version}, ${cpus().length} cores ${cpu?.model ?? ''}, Postgres ${postgres}). Each number is a median of runs with the least and the greatest behind it; ratios are taken within a run. \`npm run bench -- NAME\` measures one figure and replaces its line.`,
      '',
      `| ${head.join(' | ')} |`,
      `| ${head.map(() => '---').join(' | ')} |`,
      ...rows,
      '',
      '## How each is measured',
      '',
      'Everything runs from outside: `./botfleet serve` as its own process on a real Postgres with its default settings, the Telegram sandbox and the fake WhatsApp as others. PM2 runs telegraf bots (`bench/programs/telegraf-bot.mjs`) in a home of its own.',
      '',
      ...all.map(({ name, how }) => `- \`${name}\`: ${how}`),
      '',
    ].join('\n'),
  )
}

function commit(): string {
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  try {
    // The results themselves do not make the code another one.
    const changed = git('status', '--porcelain', '--', '..', ':!results.md')
    return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' with changes'}`
  } catch {
    return 'unknown'
  }
}
