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
  invalidToken: () => new TelegramError(401, 'Unauthorized: invalid token specified'),
  notFound: () => new TelegramError(404, 'Not Found'),
  noMethod: () => new TelegramError(404, 'Not Found: method not found'),
  badRequest: (what: string) => new TelegramError(400, `Bad Request: ${what}`),
  blocked: () => new TelegramError(403, 'Forbidden: bot was blocked by the user'),
  cannotBegin: () => new TelegramError(403, "Forbidden: bot can't initiate conversation with a user"),
  otherPoller: () =>
    new TelegramError(
      409,
      'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    ),
  webhookTakesOver: () => new TelegramError(409, 'Conflict: terminated by setWebhook request'),
  webhookActive: () =>
    new TelegramError(
      409,
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    ),
  tooLarge: () => new TelegramError(413, 'Request Entity Too Large'),
  tooMany: (seconds: number) => new TelegramError(429, `Too Many Requests: retry after ${seconds}`, seconds),
}
