/** Stands in for node:zlib in libraries that load it for what may never come: compressed frames. */
type Zlib = typeof import('node:zlib')

const zlib = (): Zlib => process.getBuiltinModule('node:zlib')

export const inflate = ((...given: Parameters<Zlib['inflate']>) => zlib().inflate(...given)) as Zlib['inflate']
export const createInflateRaw: Zlib['createInflateRaw'] = (...given) => zlib().createInflateRaw(...given)
export const createDeflateRaw: Zlib['createDeflateRaw'] = (...given) => zlib().createDeflateRaw(...given)
export const Z_DEFAULT_WINDOWBITS = 15
export const Z_SYNC_FLUSH = 2
