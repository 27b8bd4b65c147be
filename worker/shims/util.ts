/** Stands in for node:util in libraries that want one function of it: it loads worker threads, locks and signals. */
export function promisify<Given extends unknown[], Result>(
  work: (...given: [...Given, (error: Error | null, result: Result) => void]) => void,
): (...given: Given) => Promise<Result> {
  return function promised(this: unknown, ...given) {
    return new Promise((resolve, reject) => {
      work.call(this, ...given, (error: Error | null, result: Result) => {
        if (error) reject(error)
        else resolve(result)
      })
    })
  }
}

export const types = { isUint8Array: (value: unknown): value is Uint8Array => value instanceof Uint8Array }
