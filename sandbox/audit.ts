/** What went through the sandbox, in order: for tests that ask who received what, when, and how often. */

const linesMax = 20_000

/** Which poll: each has an id of its own, and the connection tells pollers (processes) apart. */
interface PollIdentity {
  readonly pollId: number
  /** The client's port: the same for all polls that one kept-alive connection carries. */
  readonly connection: number
}

export type AuditEvent =
  | { readonly kind: 'queued'; readonly updateIds: readonly number[]; readonly updateKind: string }
  | ({ readonly kind: 'polled'; readonly offset: number; readonly timeoutSeconds: number } & PollIdentity)
  | ({ readonly kind: 'delivered'; readonly updateIds: readonly number[] } & PollIdentity)
  | ({ readonly kind: 'conflict' } & PollIdentity)
  | { readonly kind: 'confirmed'; readonly updateIds: readonly number[] }
  /** A webhook took an update, or did not. */
  | { readonly kind: 'posted'; readonly updateIds: readonly number[]; readonly taken: boolean }
  | MessageEvent
  | { readonly kind: 'answered'; readonly queryId: string; readonly text: string }
  | { readonly kind: 'refused'; readonly method: string; readonly code: number; readonly description: string }
  | { readonly kind: 'fault'; readonly method: string; readonly fault: string }

interface MessageEvent {
  readonly kind: 'sent' | 'edited' | 'deleted'
  /** The client's port. */
  readonly connection: number
  readonly chatId: number
  readonly messageId: number
  readonly text: string
}

export type AuditLine = AuditEvent & { readonly atMs: number; readonly botId: number }

export class Audit {
  /** Oldest first; the oldest are forgotten beyond 20,000. */
  readonly lines: AuditLine[] = []
  readonly #onLine: (line: AuditLine) => void

  /** `onLine` is told at once, while the request's connection is still open. */
  constructor(onLine: (line: AuditLine) => void = () => {}) {
    this.#onLine = onLine
  }

  note(botId: number, event: AuditEvent): void {
    const line = { atMs: Date.now(), botId, ...event }
    this.lines.push(line)
    this.#onLine(line)
    if (this.lines.length > linesMax) this.lines.splice(0, linesMax / 10)
  }
}
