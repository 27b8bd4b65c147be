import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../domain/failure.ts'
import type { InstanceView } from '../domain/instance.ts'
import { restingStates } from '../domain/instance.ts'
import type { Cli } from './command.ts'
import { nextStep, stateWord } from './instance-words.ts'
import { escapeControls } from './text-width.ts'

/** What `--wait` waits to see: the bot receives, it receives in a new worker, or nothing of it runs. */
export type Goal = 'running' | 'restarted' | 'stopped'

const lookEveryMs = 250

export interface Waiting {
  readonly cli: Cli
  readonly goal: Goal
  readonly timeoutMs: number
  /** The instance as it was just before the change was written. */
  readonly before: InstanceView
  /** The instance as it was just after. */
  readonly after: InstanceView
  readonly look: () => Promise<InstanceView>
}

/**
 * Follows an instance until the goal is observed. A database that does not answer for a while is waited out.
 * Throws `conflict` as soon as it needs a person or is no longer meant to get there, `wait_timeout` with what was last
 * seen otherwise.
 */
export async function waitForState(waiting: Waiting): Promise<InstanceView> {
  const { cli, goal } = waiting
  const deadline = performance.now() + waiting.timeoutMs
  let seen = waiting.after
  let said = ''
  for (;;) {
    if (isReached(goal, seen, waiting.before)) return seen
    refuseHopeless(waiting, seen)
    const word = stateWord(seen)
    if (word !== said) cli.output.note(`${seen.id}: ${word}${reasonOf(seen)}`)
    said = word
    if (performance.now() >= deadline) throw timedOut(waiting, seen)
    await delay(lookEveryMs, undefined, { signal: cli.signal }).catch(() => cli.signal.throwIfAborted())
    seen = await waiting.look().catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'unavailable') return seen
      throw error
    })
  }
}

/** Whether what was asked for can be seen. */
function isReached(goal: Goal, seen: InstanceView, before: InstanceView): boolean {
  switch (goal) {
    case 'running':
      return seen.state === 'running'
    case 'restarted':
      return seen.state === 'running' && seen.epoch > before.epoch
    case 'stopped':
      return seen.state === 'stopped'
    default:
      return goal satisfies never
  }
}

function refuseHopeless(waiting: Waiting, seen: InstanceView): void {
  const { goal, after } = waiting
  if (goal === 'stopped') {
    // A worker that ended in trouble is not running either, and nobody will move it to `stopped` by waiting.
    if (seen.desired === 'running' && seen.status === 'approved') throw overtaken(seen, 'it was started again')
    return
  }
  if (seen.status !== 'approved') throw overtaken(seen, `it is ${seen.status} now`)
  if (seen.desired !== 'running') throw overtaken(seen, 'it was stopped')
  // A trouble that was there before the change has not been judged anew yet.
  const isOld = seen.state === after.state && seen.state_at === after.state_at
  if (restingStates.includes(seen.state) && seen.next_try_at === null && !isOld) {
    throw new Failure('conflict', `${seen.id} is ${seen.state}${reasonOf(seen)}${stepOf(seen)}`, {
      details: { bot: seen },
    })
  }
}

function overtaken(seen: InstanceView, what: string): Failure {
  return new Failure('conflict', `${seen.id}: ${what} while this command waited`, { details: { bot: seen } })
}

function timedOut(waiting: Waiting, seen: InstanceView): Failure {
  const goal = waiting.goal === 'stopped' ? 'stopped' : 'running'
  const seconds = Math.round(waiting.timeoutMs / 1000)
  return new Failure(
    'wait_timeout',
    `${seen.id} was not seen ${goal} within ${seconds} s; last seen: ${stateWord(seen)}${reasonOf(seen)}. The wish stands.`,
    { details: { bot: seen } },
  )
}

function reasonOf(view: InstanceView): string {
  return view.last_error === null ? '' : ` (${escapeControls(view.last_error)})`
}

function stepOf(view: InstanceView): string {
  const step = nextStep(view)
  return step === undefined ? '' : `\nNext: ${step}`
}
