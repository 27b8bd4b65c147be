/** The library's websocket and errors, taken by hand where the library itself leaves something open. */

/** How long the other side may take to close. */
const closeLimitMs = 1000

interface RawSocket {
  emit: (name: string | symbol, ...given: never[]) => boolean
  close: () => Promise<void>
  readonly socket: { terminate(): void; send: (...given: unknown[]) => void } | null
}

/** A process that was stopped finds frames before its timers have run: none of them is taken past the deadline. */
export function guardFrames(given: unknown, mayReceive: () => boolean): void {
  const ws = given as RawSocket
  const emit = ws.emit.bind(ws)
  ws.emit = (name, ...words) => {
    if (name !== 'message' || mayReceive()) return emit(name, ...words)
    ws.socket?.terminate()
    return false
  }
}

/** What is sent from now on goes out, in its order, when this is over; never when it fails. */
export function holdFrames(given: unknown, isOver: Promise<void>): void {
  const { socket } = given as RawSocket
  if (socket === null) return
  const send = socket.send.bind(socket)
  let turn = isOver
  turn.catch(() => {})
  socket.send = (...words) => {
    turn = turn.then(() => send(...words))
    turn.catch(() => {})
  }
}

/** A server that is gone does not answer that the connection may be closed, and the library would wait half a minute. */
export function boundClose(given: unknown): void {
  const ws = given as RawSocket
  const close = ws.close.bind(ws)
  ws.close = () => {
    const { socket } = ws
    const late = setTimeout(() => socket?.terminate(), closeLimitMs)
    return close().finally(() => clearTimeout(late))
  }
}

/** The status code that an error of the library's carries. */
export function codeOf(error: unknown): number | undefined {
  const code = (error as { output?: { statusCode?: unknown } } | undefined)?.output?.statusCode
  return typeof code === 'number' ? code : undefined
}

/** Without addresses: they are phone numbers. */
export function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : 'unknown'
  return text.replace(/\d{6,}(?:[:_.]\d+)*(?:@[\w.]+)?/g, '...').slice(0, 300)
}
