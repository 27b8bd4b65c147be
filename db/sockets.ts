import { Socket } from 'node:net'

/**
 * The sockets under pg's connections. pg says goodbye and waits for the other side to hang up; across a silent partition
 * nobody does, and the socket would keep the process alive. Whoever holds them here can end them for certain.
 */
export class Sockets {
  readonly #open = new Set<Socket>()

  /** Given to pg as `stream`: makes the socket of one connection. */
  readonly create = (): Socket => {
    const socket = new Socket()
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    return socket
  }

  /** Waits until every socket is closed, at most `limitMs`, and destroys those that are not. */
  async end(limitMs: number): Promise<void> {
    const closed = Promise.all([...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise((resolve) => {
      timer = setTimeout(resolve, limitMs)
    })
    await Promise.race([closed, limit])
    clearTimeout(timer)
    for (const socket of this.#open) socket.destroy()
  }
}
