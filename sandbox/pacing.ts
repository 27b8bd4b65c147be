/** Limits on sending, as the FAQ states them (the real ones are not public). Off unless asked for. */
export interface PacingLimits {
  /** To one person: this many messages in a burst, and then one a second. */
  readonly perChatBurst: number
  /** To one group within a minute. */
  readonly perGroupMinute: number
  /** To everybody within a second. */
  readonly perBotSecond: number
}

export class Pacing {
  readonly #limits: PacingLimits
  /** When each message went, by bot or chat; what has left its window is forgotten. */
  readonly #sent = new Map<string, number[]>()

  constructor(limits: PacingLimits) {
    this.#limits = limits
  }

  /** Counts a message. @returns the seconds to wait when it is one too many, and then it does not count. */
  take(botId: number, chatId: number, nowMs = Date.now()): number | undefined {
    const { perChatBurst, perGroupMinute, perBotSecond } = this.#limits
    const windows = [
      { key: `${botId}`, most: perBotSecond, windowMs: 1000 },
      chatId < 0
        ? { key: `${botId}:${chatId}`, most: perGroupMinute, windowMs: 60_000 }
        : { key: `${botId}:${chatId}`, most: perChatBurst, windowMs: perChatBurst * 1000 },
    ].map((window) => ({ ...window, recent: this.#recent(window.key, nowMs - window.windowMs) }))
    const waits = windows.map(({ recent, most, windowMs }) =>
      recent.length < most ? 0 : Math.ceil(((recent[recent.length - most] ?? nowMs) + windowMs - nowMs) / 1000),
    )
    const waitSeconds = Math.max(...waits)
    if (waitSeconds > 0) return waitSeconds
    for (const { key, recent } of windows) this.#sent.set(key, [...recent, nowMs])
    return undefined
  }

  #recent(key: string, sinceMs: number): number[] {
    const recent = (this.#sent.get(key) ?? []).filter((atMs) => atMs > sinceMs)
    if (recent.length === 0) this.#sent.delete(key)
    return recent
  }
}
