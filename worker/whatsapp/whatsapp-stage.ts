/**
 * A WhatsApp that takes a connection and hears its first word. To answer that would be to be a server of WhatsApp's: what
 * a device has to make, load and compile until then is most of what it ever does for the first time. It speaks without
 * TLS, which the real one will need at once.
 */
import type { PlatformStage } from '../rehearsal.ts'

const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export function whatsappStage(): PlatformStage {
  process.getBuiltinModule('node:https')
  process.getBuiltinModule('node:tls').createSecureContext()
  return {
    identity: (port) => ({
      platform: 'whatsapp',
      whatsapp: {
        phone: '10000000',
        wsUrl: `ws://127.0.0.1:${port}/`,
        version: null,
        pairing: { method: 'qr', number: 1, forMs: 3000, only: true },
      },
    }),
    answer: () => ({}),
    upgrade: (request, socket, finish) => {
      const { createHash } = process.getBuiltinModule('node:crypto')
      const key = request.headers['sec-websocket-key'] ?? ''
      const accept = createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`)
      socket.once('data', () => setImmediate(finish))
    },
  }
}
