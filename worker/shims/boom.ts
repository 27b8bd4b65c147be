/** Stands in for @hapi/boom behind Baileys: an error with a status code and what belongs to it. */
export class Boom extends Error {
  readonly isBoom = true
  readonly data: unknown
  readonly output: {
    statusCode: number
    readonly payload: Record<string, unknown>
    readonly headers: Record<string, string>
  }

  constructor(message?: string, options: { readonly statusCode?: number; readonly data?: unknown } = {}) {
    super(message)
    const { statusCode = 500, data = null } = options
    this.data = data
    this.output = { statusCode, payload: { statusCode, message }, headers: {} }
  }
}
