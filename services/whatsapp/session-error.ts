import { Failure } from '../../domain/failure.ts'

/**
 * Something that is kept of a linked device does not open. It is never taken for absent and never written over: a person
 * restores it, or links the device anew.
 */
export class SessionError extends Failure {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('internal', message, options)
    this.name = 'SessionError'
  }
}
