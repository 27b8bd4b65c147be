/** The proxy's faults, one by one, between a plain client and a plain server. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TcpProxy } from './tcp-proxy.ts'

/** One end of a connection: what it heard, and how it ended. */
class End {
  readonly socket: Socket
  heard = ''
  ended = false
  closed = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => (this.heard += chunk.toString()))
    socket.on('end', () => (this.ended = true))
    socket.on('close', () => (this.closed = true))
    socket.on('error', () => {})
  }
}

let server: Server
let proxy: TcpProxy
let accepted: End[]
const clients: End[] = []

beforeEach(async () => {
  accepted = []
  server = createServer((socket) => void accepted.push(new End(socket)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
})
afterEach(async () => {
  for (const { socket } of [...clients.splice(0), ...accepted]) socket.destroy()
  await proxy.stop()
  await new Promise<void>((resolve) => server.close(() => resolve()))
})

/** A connection through the proxy over which both ends have spoken. */
async function joined(): Promise<{ client: End; far: End }> {
  const client = new End(connect(proxy.port, '127.0.0.1'))
  clients.push(client)
  const before = accepted.length
  client.socket.write('hello ')
  await vi.waitFor(() => expect(accepted[before]?.heard).toBe('hello '))
  const far = accepted[before]
  if (far === undefined) throw new Error('no connection arrived')
  far.socket.write('hello ')
  await vi.waitFor(() => expect(client.heard).toBe('hello '))
  return { client, far }
}

const aWhile = () => new Promise((resolve) => setTimeout(resolve, 100))

test('what both ends say arrives, and an end is passed on', async () => {
  const { client, far } = await joined()
  client.socket.end('bye')
  await vi.waitFor(() => expect([far.heard, far.ended]).toEqual(['hello bye', true]))
})

test('with one direction gone the other goes on, and a new connection is whole', async () => {
  const { client, far } = await joined()
  proxy.halfOpen('to-server')
  client.socket.write('lost')
  far.socket.write('kept')
  await vi.waitFor(() => expect(client.heard).toBe('hello kept'))
  client.socket.end()
  await aWhile()
  expect([far.heard, far.ended, far.closed]).toEqual(['hello ', false, false])
  await joined()
})

test('answers that get lost on their way back leave the questions arriving', async () => {
  const { client, far } = await joined()
  proxy.halfOpen('to-client')
  far.socket.write('lost')
  client.socket.write('kept')
  await vi.waitFor(() => expect(far.heard).toBe('hello kept'))
  far.socket.destroy()
  await aWhile()
  expect([client.heard, client.ended, client.closed]).toEqual(['hello ', false, false])
})

test('clients that vanish are not missed by the server', async () => {
  const { client, far } = await joined()
  proxy.loseClients()
  await vi.waitFor(() => expect(client.closed).toBe(true))
  far.socket.write('anybody?')
  await aWhile()
  expect([far.ended, far.closed]).toEqual([false, false])
  await joined()
})

test('a black hole swallows everything and heals for new connections only', async () => {
  const { client, far } = await joined()
  proxy.blackHole()
  client.socket.write('lost')
  far.socket.write('lost')
  proxy.heal()
  client.socket.end('lost')
  await aWhile()
  expect([client.heard, client.closed, far.heard, far.ended]).toEqual(['hello ', false, 'hello ', false])
  await joined()
})

test('a cut breaks every connection and refuses new ones until it heals', async () => {
  const { client, far } = await joined()
  proxy.cut()
  await vi.waitFor(() => expect([client.closed, far.closed]).toEqual([true, true]))
  const refused = new End(connect(proxy.port, '127.0.0.1'))
  clients.push(refused)
  await vi.waitFor(() => expect(refused.closed).toBe(true))
  proxy.heal()
  await joined()
})

test('a delay holds back, and what was held back is not overtaken when it ends', async () => {
  const { client, far } = await joined()
  proxy.delay(200)
  const beganMs = performance.now()
  client.socket.write('one ')
  await new Promise((resolve) => setTimeout(resolve, 30))
  proxy.heal()
  client.socket.write('two')
  await vi.waitFor(() => expect(far.heard).toBe('hello one two'), { interval: 5 })
  expect(performance.now() - beganMs).toBeGreaterThan(150)
})
