/** A refusal in the real server's own words. */
export class TelegramError extends Error {
  readonly code: number
  readonly retryAfterSeconds: number | undefined

  constructor(code: number, description: string, retryAfterSeconds?: number) {
    super(description)
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export const refusals = {
  unauthorized: () => new TelegramError(401, 'Unauthorized'),
  notFound: () => new TelegramError(404, 'Not Found'),
  badRequest: (what: string) => new TelegramError(400, `Bad Request: ${what}`),
  blocked: () => new TelegramError(403, 'Forbidden: bot was blocked by the user'),
  otherPoller: () =>
    new TelegramError(
      409,
      'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    ),
  webhookActive: () =>
    new TelegramError(
      409,
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    ),
  tooMany: (seconds: number) => new TelegramError(429, `Too Many Requests: retry after ${seconds}`, seconds),
}
