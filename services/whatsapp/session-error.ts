/**
 * Something of a linked device's session does not open. It is never taken for absent and never written over: a person
 * restores it, or links the device anew.
 */
export class SessionError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'SessionError'
  }
}
