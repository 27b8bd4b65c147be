/** Faults that a test plants into the Bot API: which method of which bot, how often, and what goes wrong. */
export type Fault = {
  readonly method?: string | undefined
  readonly botId?: number | undefined
  /** How many calls it hits; 1 when left out. */
  readonly times?: number | undefined
} & (
  | { readonly kind: 'status'; readonly status: number; readonly description?: string | undefined }
  | { readonly kind: 'too_many'; readonly retryAfterSeconds: number }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The connection breaks before the call has any effect. */
  | { readonly kind: 'drop_before' }
  /** The call takes effect, and then the connection breaks without an answer. */
  | { readonly kind: 'drop_after' }
  | { readonly kind: 'malformed' }
  /** The answer never comes, and the connection stays open. */
  | { readonly kind: 'silence' }
)

export class Faults {
  readonly #planted: { fault: Fault; left: number }[] = []

  plant(fault: Fault): void {
    this.#planted.push({ fault, left: fault.times ?? 1 })
  }

  /** Calls that planted faults still wait for. */
  get left(): number {
    return this.#planted.reduce((sum, { left }) => sum + left, 0)
  }

  clear(): void {
    this.#planted.length = 0
  }

  /** The fault that hits this call, used up by it. */
  take(method: string, botId: number): Fault | undefined {
    const index = this.#planted.findIndex(
      ({ fault }) =>
        (fault.method === undefined || fault.method.toLowerCase() === method.toLowerCase()) &&
        (fault.botId === undefined || fault.botId === botId),
    )
    const planted = this.#planted[index]
    if (planted === undefined) return undefined
    planted.left -= 1
    if (planted.left <= 0) this.#planted.splice(index, 1)
    return planted.fault
  }
}
