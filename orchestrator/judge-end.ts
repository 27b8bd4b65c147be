/** What the end of a worker that nobody asked to end means: a typed exit waits for a person, the rest is a crash. */
import type { State } from '../domain/instance.ts'
import { type ExitReason, type ExitReport, exitReasons } from '../domain/worker-contract.ts'
import type { WorkerEnd } from './slot.ts'

export type EndVerdict =
  | { readonly kind: 'rest'; readonly state: State; readonly reason: string }
  | { readonly kind: 'crash'; readonly reason: string }

const restingStateOf: Partial<Record<ExitReason, State>> = {
  token_invalid: 'token_invalid',
  conflict: 'conflict',
  webhook: 'conflict',
  logged_out: 'logged_out',
  restricted: 'restricted',
  session_error: 'session_error',
}

const defaultMessages: Partial<Record<ExitReason, string>> = {
  token_invalid: 'Telegram refuses the token; set a new one with ./botfleet set-token',
  conflict: 'another program polls this bot with the same token; stop it, then ./botfleet start',
  webhook: 'a webhook is set for this bot elsewhere; ./botfleet start --take-webhook removes it',
}

/**
 * Judges an end by the worker's own report, which came before it ended, and else by its exit code.
 */
export function judgeEnd(end: WorkerEnd, report: ExitReport | undefined): EndVerdict {
  const reason = report?.reason ?? reasonOfExitCode(end.exitCode)
  const state = reason === undefined ? undefined : restingStateOf[reason]
  if (reason !== undefined && state !== undefined) {
    return { kind: 'rest', state, reason: report?.message ?? defaultMessages[reason] ?? reason }
  }
  return { kind: 'crash', reason: report?.message ?? describeEnd(end) }
}

/** `killed by SIGKILL`, `exit code 1` or `ended without being asked`. */
export function describeEnd(end: WorkerEnd): string {
  if (end.signal !== undefined) return `killed by ${end.signal}`
  if (end.exitCode === exitReasons.lease_lost) return 'its lease was lost'
  if (end.exitCode === 0) return 'ended without being asked'
  return end.exitCode === undefined ? 'ended' : `crashed with exit code ${end.exitCode}`
}

function reasonOfExitCode(exitCode: number | undefined): ExitReason | undefined {
  return (Object.keys(exitReasons) as ExitReason[]).find((reason) => exitReasons[reason] === exitCode)
}
