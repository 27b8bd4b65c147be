/**
 * What the end of a worker that nobody asked to end means: a typed exit waits for a person, or for a time of its own; the
 * rest is a crash.
 */
import type { Platform, State } from '../domain/instance.ts'
import { type ExitReason, type ExitReport, exitReasons } from '../domain/worker-contract.ts'
import type { RestartCause } from '../runtime/metrics.ts'
import type { EndReason, WorkerEnd } from './slot.ts'

export type EndVerdict =
  | { readonly kind: 'rest'; readonly state: State; readonly reason: string }
  /** It waits for a person, unless a look a while later finds it different (`RestartSchedule.retries`). */
  | { readonly kind: 'retry'; readonly trouble: RetriedTrouble; readonly reason: string }
  | { readonly kind: 'crash'; readonly reason: string }

/** Another session took a WhatsApp bot's link; WhatsApp refuses the client's version. */
export type RetriedTrouble = 'conflict' | 'outdated'

const restingStateOf: Partial<Record<ExitReason, State>> = {
  token_invalid: 'token_invalid',
  conflict: 'conflict',
  webhook: 'conflict',
  logged_out: 'logged_out',
  restricted: 'restricted',
  session_error: 'session_error',
}

const telegramMessages: Partial<Record<ExitReason, string>> = {
  token_invalid: 'Telegram refuses the token: get a new one from BotFather; ./botfleet set-token stores it',
  conflict: 'another program polls this bot with the same token: stop it; ./botfleet start goes on then',
  webhook: 'a webhook is set for this bot elsewhere; ./botfleet start --take-webhook removes it',
}

const whatsappMessages: Partial<Record<ExitReason, string>> = {
  logged_out: 'its device is not linked any more; ./botfleet pair links it again',
  conflict: 'another program uses the same linked device (440): stop it; ./botfleet restart goes on then',
  restricted: 'WhatsApp has blocked this number (403); its owner has to settle that with WhatsApp',
  session_error: 'what is kept of its linked device does not open; is the key that sealed it there? ./botfleet doctor',
  outdated: 'WhatsApp refuses the version of its client (405); set a newer one as WA_WEB_VERSION',
}

/**
 * Judges an end by the worker's own report, which came before it ended, and else by its exit code.
 */
export function judgeEnd(platform: Platform, end: WorkerEnd, report: ExitReport | undefined): EndVerdict {
  const reason = report?.reason ?? reasonOfExitCode(end.exitCode)
  const isWhatsapp = platform === 'whatsapp'
  const defaultMessages = isWhatsapp ? whatsappMessages : telegramMessages
  if (isWhatsapp && (reason === 'conflict' || reason === 'outdated')) {
    return { kind: 'retry', trouble: reason, reason: report?.message ?? defaultMessages[reason] ?? reason }
  }
  const state = reason === undefined ? undefined : restingStateOf[reason]
  if (reason !== undefined && state !== undefined) {
    return { kind: 'rest', state, reason: report?.message ?? defaultMessages[reason] ?? reason }
  }
  return { kind: 'crash', reason: report?.message ?? describeEnd(end) }
}

/**
 * What an end is called that the orchestrator itself decided.
 * @param silentState the state letter that /proc showed all the while a worker was silent, and anything else when it
 *   changed: one look alone finds a worker running that just woke for a moment.
 */
export function describeHang(
  reason: EndReason,
  silentState: string | undefined,
  limits: { POLL_STUCK_SECONDS: number; WORKER_MEMORY_MB: number },
): string {
  switch (reason) {
    case 'hung':
      return hangWords[silentState ?? ''] ?? 'it hung: three heartbeats missed'
    case 'not_reporting':
      return 'it did not report to its new supervisor before its deadline'
    case 'poll_stuck':
      return `a poll did not come back within ${limits.POLL_STUCK_SECONDS} s`
    case 'over_memory':
      return `it used more than ${limits.WORKER_MEMORY_MB} MB of memory (WORKER_MEMORY_MB)`
    case 'start_timeout':
      return 'it did not report in time'
    default:
      return reason
  }
}

/** What a crash is counted as: one that was asked for because of trouble, or one that the worker made itself. */
export function causeOf(asked: EndReason | undefined, end: WorkerEnd): RestartCause {
  if (asked === 'over_memory') return 'oom'
  if (asked === 'start_timeout') return 'start_timeout'
  if (asked !== undefined) return 'hung'
  return end.signal === undefined ? 'exit' : 'signal'
}

/** By the state letter of /proc/<pid>/stat. */
const hangWords: Readonly<Record<string, string>> = {
  T: 'it was frozen by a stop signal: three heartbeats missed',
  t: 'it was frozen by a debugger: three heartbeats missed',
  R: 'its event loop was blocked by work of its own: three heartbeats missed',
  D: 'it waited for the disk: three heartbeats missed',
}

/** `killed by SIGKILL`, `exit code 1` or `ended without being asked`. */
export function describeEnd(end: WorkerEnd): string {
  if (end.signal !== undefined) return `killed by ${end.signal}`
  if (end.exitCode === exitReasons.lease_lost) return 'its lease was lost'
  if (end.exitCode === 0) return 'ended without being asked'
  const typed = reasonOfExitCode(end.exitCode)
  if (typed !== undefined) return `ended as ${typed}`
  return end.exitCode === undefined ? 'ended' : `crashed with exit code ${end.exitCode}`
}

function reasonOfExitCode(exitCode: number | undefined): ExitReason | undefined {
  return (Object.keys(exitReasons) as ExitReason[]).find((reason) => exitReasons[reason] === exitCode)
}
