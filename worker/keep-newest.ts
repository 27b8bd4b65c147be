/** Notes a value in a map that remembers so many: what was noted longest ago is forgotten first. */
export function keepNewest<T>(all: Map<string, T>, key: string, value: T, most: number): void {
  all.delete(key)
  all.set(key, value)
  const oldest = all.keys().next()
  if (all.size > most && oldest.done !== true) all.delete(oldest.value)
}
