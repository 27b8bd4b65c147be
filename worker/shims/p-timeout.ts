/** Stands in for p-timeout: handlers are bounded by the deadline, and telegraf's own limit is set to infinity. */
export default function pTimeout<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  if (limitMs !== Number.POSITIVE_INFINITY) throw new Error('this worker knows no limit for telegraf handlers')
  return promise
}
