/** Stands in for node:assert in libsignal, which asks it whether something is true. */
export function assert(is: unknown, words?: string): void {
  if (!is) throw new Error(words ?? 'an assertion failed')
}

export { assert as default }
