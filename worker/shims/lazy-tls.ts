/** Stands in for node:https and node:tls in ws: loaded for an address that begins with wss: and for no other. */
type Https = typeof import('node:https')
type Tls = typeof import('node:tls')

export const get = ((...given: Parameters<Https['get']>) =>
  process.getBuiltinModule('node:https').get(...given)) as Https['get']
export const request = ((...given: Parameters<Https['request']>) =>
  process.getBuiltinModule('node:https').request(...given)) as Https['request']
export const connect = ((...given: Parameters<Tls['connect']>) =>
  process.getBuiltinModule('node:tls').connect(...given)) as Tls['connect']
