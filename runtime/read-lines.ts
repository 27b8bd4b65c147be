import type { Duplex } from 'node:stream'

const newline = 0x0a

/**
 * Hands on each line of a connection, without its end. A line longer than `bytesMax` ends the connection: the other side
 * is not trusted to ever end it.
 */
export function readLines(socket: Duplex, bytesMax: number, onLine: (line: string) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline)) {
      onLine(bytes.toString('utf8', 0, at))
      bytes = bytes.subarray(at + 1)
    }
    rest = bytes
    if (rest.length > bytesMax) socket.destroy()
  })
}
