/** The server's half of RFC 6455, as far as this protocol needs it: binary messages, ping and close. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const opcodes = { continuation: 0, binary: 2, close: 8, ping: 9, pong: 10 }
const messageBytesMax = 64 * 1024 * 1024

export class WebSocketPeer {
  readonly #socket: Duplex
  #received: Buffer = Buffer.alloc(0)
  #fragments: Buffer[] = []
  #closed = false
  onMessage: (bytes: Buffer) => void = () => {}
  onClose: () => void = () => {}

  /** Answers the upgrade; what the client sends then comes to `onMessage`. */
  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    this.#socket = socket
    const key = request.headers['sec-websocket-key'] ?? ''
    const accept = createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64')
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`)
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('error', () => this.#end())
    socket.on('close', () => this.#end())
    // A client that was killed only ends its half, and an HTTP server's sockets stay open on the other.
    socket.on('end', () => socket.destroy())
    if (head.length > 0) queueMicrotask(() => this.#read(head))
  }

  send(bytes: Uint8Array): void {
    this.#write(opcodes.binary, bytes)
  }

  /** Says goodbye and ends the connection once everything is written. */
  close(): void {
    this.#write(opcodes.close, Buffer.from([0x03, 0xe8]))
    if (!this.#socket.destroyed) this.#socket.end()
  }

  /** Breaks the connection without a word. */
  drop(): void {
    this.#socket.destroy()
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    const { length } = payload
    const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8
    const header = Buffer.alloc(2 + extra)
    header[0] = 0x80 | opcode
    header[1] = extra === 0 ? length : extra === 2 ? 126 : 127
    if (extra === 2) header.writeUInt16BE(length, 2)
    if (extra === 8) header.writeBigUInt64BE(BigInt(length), 2)
    this.#socket.write(Buffer.concat([header, payload]))
  }

  #read(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    for (let frame = this.#takeFrame(); frame !== undefined; frame = this.#takeFrame()) this.#handle(frame)
  }

  #takeFrame(): { opcode: number; final: boolean; payload: Buffer } | undefined {
    const bytes = this.#received
    if (bytes.length < 2) return undefined
    const short = bytes.readUInt8(1) & 0x7f
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0
    const masked = (bytes.readUInt8(1) & 0x80) !== 0
    const start = 2 + extra + (masked ? 4 : 0)
    if (bytes.length < start) return undefined
    const length = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
    if (length > messageBytesMax) {
      this.drop()
      return undefined
    }
    if (bytes.length < start + length) return undefined
    const payload = Buffer.from(bytes.subarray(start, start + length))
    if (masked) {
      const mask = bytes.subarray(start - 4, start)
      for (let index = 0; index < length; index += 1) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0)
    }
    this.#received = bytes.subarray(start + length)
    return { opcode: bytes.readUInt8(0) & 0x0f, final: (bytes.readUInt8(0) & 0x80) !== 0, payload }
  }

  #handle({ opcode, final, payload }: { opcode: number; final: boolean; payload: Buffer }): void {
    if (opcode === opcodes.ping) this.#write(opcodes.pong, payload)
    else if (opcode === opcodes.close) this.close()
    else if (opcode === opcodes.binary || opcode === opcodes.continuation) {
      this.#fragments.push(payload)
      if (!final) return
      const message = Buffer.concat(this.#fragments)
      this.#fragments = []
      this.onMessage(message)
    }
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.onClose()
  }
}
