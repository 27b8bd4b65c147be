import type { Clock } from '../runtime/clock.ts'

/** Waits, but not past the order to drain; leaves nothing behind on the signal, however often it is called. */
export function pause(ms: number, given: { readonly clock: Clock; readonly draining: AbortSignal }): Promise<void> {
  const { clock, draining } = given
  if (draining.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const cancel = clock.setTimer(ms, done)
    draining.addEventListener('abort', done, { once: true })
    function done(): void {
      cancel()
      draining.removeEventListener('abort', done)
      resolve()
    }
  })
}
