/**
 * How Node runs a worker: what it may do, what it is told, and how little it should keep. The choice, with its figures
 * and with what was tried and left, is docs/adr/0005-slim-workers.md.
 */

/** Names of the environment that reach a worker; nothing else does. */
const allowedEnvironment = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'TZ',
  'LANG',
]

/** Node's flags for a worker that reads its own bundle and no other file. */
export function workerFlags(options: { readonly bundle: string; readonly heapMb: number }): string[] {
  return [
    '--permission',
    `--allow-fs-read=${options.bundle}`,
    '--no-experimental-sqlite',
    '--report-exclude-env',
    '--no-deprecation',
    `--max-old-space-size=${options.heapMb}`,
    // None of these three changes what V8 compares compiled code with. A flag that does (--lite-mode, --expose-gc,
    // --single-threaded, --optimize-for-size, --max-lazy) makes node compile its own modules at every start.
    '--max-semi-space-size=1',
    // Compilers at work beside the main thread take megabytes from malloc, which never come back in one piece.
    '--no-concurrent-recompilation',
    '--single-threaded-gc',
  ]
}

/** The whole environment of a worker; `source` is ours. */
export function workerEnvironment(source: NodeJS.ProcessEnv): Record<string, string> {
  const environment: Record<string, string> = {
    NODE_ENV: 'production',
    // One arena of malloc for all threads: what one gives back, another can use.
    MALLOC_ARENA_MAX: '1',
    // What is free at its end goes back to the system. Left to itself malloc raises this bound with the largest block
    // that it has seen, which is the bundle's own text, and keeps two megabytes for good.
    MALLOC_TRIM_THRESHOLD_: '65536',
  }
  for (const name of allowedEnvironment) {
    const value = source[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}
