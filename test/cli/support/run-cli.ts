import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Output } from '../../../cli/output.ts'
import { buildProgram, runCommand } from '../../../cli/program.ts'

export const botfleet = join(import.meta.dirname, '..', '..', '..', 'botfleet')

export interface CliRun {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly elapsedMs: number
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** What the command reads on stdin; without it stdin is /dev/null. */
  readonly input?: string
  /** Called with all of stdout and stderr so far, whenever there is more; may end the process. */
  readonly onOutput?: (text: string, child: { kill: (signal: NodeJS.Signals) => boolean }) => void
}

const limitMs = 45_000

/** Runs the real `./botfleet` in an environment of its own; a command that hangs is killed and fails the test. */
export function runCli(parameters: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  const startedAt = performance.now()
  const child = spawn(botfleet, parameters, {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input)
  const chunks: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      chunks[name] += text
      options.onOutput?.(chunks.stdout + chunks.stderr, { kill: (signal) => child.kill(signal) })
    })
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`botfleet ${parameters.join(' ')} hung: ${chunks.stdout}${chunks.stderr}`))
    }, limitMs)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, ...chunks, elapsedMs: performance.now() - startedAt })
    })
  })
}

/**
 * Runs a command inside the test's own process, with pipes as stdout and stderr: a tenth of a process, for what is not
 * about processes. It is asked nothing and reads no stdin.
 */
export async function callCli(
  parameters: readonly string[],
  options: Pick<RunOptions, 'cwd' | 'env'> = {},
): Promise<Pick<CliRun, 'code' | 'stdout' | 'stderr'>> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const chunks = { stdout: '', stderr: '' }
  stdout.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text))
  stderr.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text))
  const environment = { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ...options.env }
  const code = await runCommand(parameters, {
    output: new Output(stdout, stderr, environment),
    signal: AbortSignal.timeout(limitMs),
    environment,
    cwd: options.cwd ?? tmpdir(),
  })
  await Promise.all([stdout, stderr].map((stream) => stream.end() && once(stream, 'end')))
  return { code, ...chunks }
}

/** A folder for one test file, with a BOTFLEET_HOME in it. */
export function makeHome(): { folder: string; home: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'botfleet-cli-'))
  return { folder, home: join(folder, 'home'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The command tree, for tests that must cover every command. */
export function commandTree() {
  const output = new Output(new PassThrough(), new PassThrough())
  return buildProgram({ output, signal: new AbortController().signal, environment: {}, cwd: tmpdir() })
}
