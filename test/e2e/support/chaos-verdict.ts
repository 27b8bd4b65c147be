/** What the requests of all workers say about deadlines and about two workers of one bot. */
import type { LeaseTrace } from '../../support/lease-trace.ts'
import type { TracedRequest } from '../../support/request-trace.ts'

/** From a worker's check of its deadline until its request has reached the sandbox, on a machine with much to do. */
const marginMs = 400

export interface RequestVerdict {
  readonly violations: readonly string[]
  readonly summary: string
}

export function judgeRequests(requests: readonly TracedRequest[], leases: LeaseTrace): RequestVerdict {
  const violations: string[] = []
  /** The latest epoch that was seen of a bot. */
  const epochs = new Map<number, number>()
  const unknown: string[] = []
  for (const request of requests) {
    const words = `${new Date(request.atMs).toISOString()} bot ${request.botId} ${request.kind} by ${request.process ?? 'a process that was gone'}`
    if (request.kind === 'conflict') {
      // A worker that drains leaves its own waiting poll and confirms by another one.
      if (request.by !== request.process) violations.push(`${words}: ended by a poll of ${request.by ?? '?'}`)
      continue
    }
    if (request.process === undefined) {
      unknown.push(words)
      continue
    }
    const allowed = leases.allowedAt(request.process, request.atMs)
    if (allowed === undefined) {
      violations.push(`${words}: a process that never held a bot`)
      continue
    }
    const lateMs = Math.round(request.earliestMs - allowed.untilMs)
    if (lateMs > marginMs) violations.push(`${words}, epoch ${allowed.epoch}: ${lateMs} ms past what it was granted`)
    const latest = epochs.get(request.botId) ?? 0
    if (allowed.epoch < latest) violations.push(`${words}, epoch ${allowed.epoch}: epoch ${latest} was there before`)
    epochs.set(request.botId, Math.max(latest, allowed.epoch))
  }
  return {
    violations,
    summary: `${requests.length} requests traced, ${unknown.length} of processes that were gone${unknown.map((one) => `\n  ${one}`).join('')}`,
  }
}
