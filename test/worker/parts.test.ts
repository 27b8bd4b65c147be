/** The worker's pure parts: what is confirmed, the deadline, the pace, the texts, the intents. */
import fc from 'fast-check'
import { TelegramError } from 'telegraf'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../runtime/clock.ts'
import { ChatQueue } from '../../worker/chat-queue.ts'
import { Deadline } from '../../worker/deadline.ts'
import { type Pace, Pacing, TokenBucket } from '../../worker/pacing.ts'
import { decodeCallback, decodeText, encodeIntent } from '../../worker/shop/intent-code.ts'
import { InFlight } from '../../worker/telegram/in-flight.ts'
import { safeSendHtml, safeSendHtmlToAll } from '../../worker/telegram/safe-send-html.ts'

const pace: Pace = { botPerSecond: 30, chatPerSecond: 1, chatBurst: 5, backgroundPerSecond: 30 }

class HandClock implements Clock {
  nowMs = 0
  wallOffsetMs = 1_000_000
  readonly #timers: { atMs: number; callback: () => void }[] = []
  monotonicMs = () => this.nowMs
  wallMs = () => this.nowMs + this.wallOffsetMs
  setTimer = (delayMs: number, callback: () => void) => {
    const timer = { atMs: this.nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => void this.#timers.splice(this.#timers.indexOf(timer), this.#timers.includes(timer) ? 1 : 0)
  }

  /** Lets time pass, ringing what is due on the way. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((one, two) => one.atMs - two.atMs)[0]
      if (next === undefined) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.callback()
    }
    this.nowMs = untilMs
  }
}

describe('what is confirmed', () => {
  test('the offset never passes an unfinished update, and in the end everything is confirmed', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        (ids, random) => {
          const inFlight = new InFlight()
          const batch = [...ids].sort((one, two) => one - two).map((id) => ({ update_id: id }))
          expect(inFlight.take(batch)).toEqual(batch)
          expect(inFlight.take(batch)).toEqual([])
          const open = batch.map(({ update_id: id }) => id)
          while (open.length > 0) {
            const offset = inFlight.offset()
            for (const id of open) expect(offset).toBeLessThanOrEqual(id)
            inFlight.confirmed(offset)
            const [done = 0] = open.splice((random.next().value as number) % open.length, 1)
            inFlight.finish(done)
          }
          expect(inFlight.offset()).toBe(Math.max(...ids) + 1)
          inFlight.confirmed(inFlight.offset())
          expect(inFlight.offset()).toBeUndefined()
          expect(inFlight.hasUnconfirmed).toBe(false)
        },
      ),
    )
  })

  test('an id below earlier ones is new all the same', () => {
    const inFlight = new InFlight()
    inFlight.take([{ update_id: 900 }])
    inFlight.finish(900)
    inFlight.confirmed(inFlight.offset())
    expect(inFlight.take([{ update_id: 5 }])).toHaveLength(1)
  })

  test('an update that failed is not confirmed by a later one that went well', () => {
    const inFlight = new InFlight()
    const [first, second] = [{ update_id: 1 }, { update_id: 2 }]
    inFlight.take([first, second])
    inFlight.finish(2)
    inFlight.abandon(1)
    expect(inFlight.offset()).toBe(1)
    inFlight.confirmed(1)
    expect(inFlight.take([first, second])).toEqual([first])
    inFlight.finish(1)
    expect(inFlight.offset()).toBe(3)
  })

  test('an update that failed and is not delivered any more holds up nothing', () => {
    const inFlight = new InFlight()
    inFlight.take([{ update_id: 1 }])
    inFlight.abandon(1)
    expect(inFlight.take([{ update_id: 2 }])).toHaveLength(1)
    inFlight.finish(2)
    expect(inFlight.offset()).toBe(3)
    inFlight.abandon(1)
    inFlight.take([])
    expect(inFlight.offset()).toBe(3)
  })

  test('an update that failed comes again', () => {
    const inFlight = new InFlight()
    inFlight.take([{ update_id: 1 }])
    inFlight.abandon(1)
    expect(inFlight.take([{ update_id: 1 }])).toHaveLength(1)
  })
})

test('work of one chat is in order, chats are independent, and never more than the bound run at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3)), { maxLength: 40 }), async (jobs) => {
      const queue = new ChatQueue(2)
      const seen = new Map<string, number[]>()
      let running = 0
      jobs.forEach(([chat, ticks], index) => {
        queue.add(chat, async () => {
          running += 1
          expect(running).toBeLessThanOrEqual(2)
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
          seen.set(chat, [...(seen.get(chat) ?? []), index])
          running -= 1
        })
      })
      await queue.idle()
      for (const order of seen.values()) expect(order).toEqual([...order].sort((one, two) => one - two))
      expect([...seen.values()].flat()).toHaveLength(jobs.length)
    }),
  )
})

describe('the deadline', () => {
  test('nothing may run before the first grant, and nothing past it', () => {
    const clock = new HandClock()
    const deadline = new Deadline(clock)
    expect([deadline.mayRun(), deadline.isPast()]).toEqual([false, false])
    deadline.extend(clock.nowMs, 1000)
    clock.nowMs = 999
    expect([deadline.mayRun(), deadline.leftMs()]).toEqual([true, 1])
    clock.nowMs = 1000
    expect([deadline.mayRun(), deadline.isPast()]).toEqual([false, true])
    deadline.extend(clock.nowMs, 5000)
    expect([deadline.mayRun(), deadline.isPast()]).toEqual([false, true])
  })

  test('it counts from before the heartbeat was sent, however late the answer comes', () => {
    const clock = new HandClock()
    const deadline = new Deadline(clock)
    clock.nowMs = 700
    deadline.extend(0, 1000)
    expect(deadline.leftMs()).toBe(300)
  })

  test('an answer that comes late takes back nothing that was granted before', () => {
    const clock = new HandClock()
    const deadline = new Deadline(clock)
    deadline.extend(0, 10_000)
    // Sent at 2000, answered after the supervisor stood still, with what is left of the same lease.
    clock.nowMs = 7000
    deadline.extend(2000, 3000)
    expect(deadline.leftMs()).toBe(3000)
  })

  test('a grant that is cut short holds, counted from before its heartbeat', () => {
    const clock = new HandClock()
    const deadline = new Deadline(clock)
    deadline.extend(0, 10_000)
    clock.nowMs = 1100
    deadline.extend(1000, 2000)
    expect(deadline.leftMs()).toBe(1900)
  })

  test('with a supervisor that grants what is left of one lease no deadline is ever later than it', () => {
    const step = fc.record({ restMs: fc.nat(3000), thereMs: fc.nat(6000), backMs: fc.nat(6000), renews: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = new HandClock()
        const deadline = new Deadline(clock)
        let leaseUntilMs = 10_000
        for (const { restMs, thereMs, backMs, renews } of steps) {
          const sentAtMs = (clock.nowMs += restMs)
          clock.nowMs += thereMs
          if (clock.nowMs >= leaseUntilMs) return
          if (renews) leaseUntilMs = clock.nowMs + 10_000
          const grantMs = leaseUntilMs - clock.nowMs
          clock.nowMs += backMs
          deadline.extend(sentAtMs, grantMs)
          expect(clock.nowMs + deadline.leftMs()).toBeLessThanOrEqual(Math.max(leaseUntilMs, clock.nowMs))
        }
      }),
    )
  })

  test('a wall clock that jumps against the monotonic one pauses until the next grant', () => {
    const clock = new HandClock()
    const deadline = new Deadline(clock)
    deadline.extend(0, 60_000)
    clock.wallOffsetMs += 3_600_000
    expect(deadline.mayRun()).toBe(false)
    deadline.extend(clock.nowMs, 60_000)
    expect(deadline.mayRun()).toBe(true)
  })
})

describe('the pace', () => {
  test('a bucket never gives more than its burst and its rate', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 200 }), (steps) => {
        const bucket = new TokenBucket(5, 3, 0)
        let nowMs = 0
        let taken = 0
        for (const step of steps) {
          nowMs += step
          if (bucket.waitMs(nowMs) === 0) {
            bucket.take(nowMs)
            taken += 1
          }
        }
        expect(taken).toBeLessThanOrEqual(3 + (nowMs / 1000) * 5 + 1e-6)
      }),
    )
  })

  test('answers overtake what waits in the background, and limits change live', async () => {
    const clock = new HandClock()
    const pacing = new Pacing(clock, pace, { rateLimitRps: 1, maxConcurrentRequests: 1 })
    const order: string[] = []
    const send = (name: string) => async () => void order.push(name)
    const all = [1, 2, 3].map((index) => pacing.run('background', `chat-${index}`, send(`background ${index}`)))
    const answer = pacing.run('answer', 'chat-9', send('answer'))
    await clock.pass(0)
    expect(order).toEqual(['background 1', 'answer'])
    await clock.pass(1000)
    expect(order).toEqual(['background 1', 'answer', 'background 2'])
    pacing.setLimits({ rateLimitRps: 30, maxConcurrentRequests: 3 })
    await clock.pass(50)
    expect(order).toHaveLength(4)
    await Promise.all([...all, answer])
  })

  test('one chat gets a short burst and then one a second, while others go on', async () => {
    const clock = new HandClock()
    const pacing = new Pacing(clock, pace, { rateLimitRps: 1, maxConcurrentRequests: 3 })
    let sent = 0
    for (let index = 0; index < 8; index += 1) void pacing.run('answer', 'busy', async () => void (sent += 1))
    await clock.pass(0)
    expect(sent).toBe(5)
    let other = 0
    void pacing.run('answer', 'calm', async () => void (other += 1))
    await clock.pass(0)
    expect(other).toBe(1)
    await clock.pass(3100)
    expect(sent).toBe(8)
  })
})

describe('intents', () => {
  test('what a button carries comes back as the same intent within 64 bytes', () => {
    const part = fc.stringMatching(/^[\w.-]{1,12}$/)
    fc.assert(
      fc.property(part, fc.array(part, { maxLength: 3 }), (route, args) => {
        const data = encodeIntent({ route, args })
        expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64)
        expect(decodeCallback(data)).toEqual({ kind: 'choice', intent: { route, args } })
      }),
    )
  })

  test('a choice that would not fit or could not be read back is a bug, and no button', () => {
    for (const args of [['x'.repeat(64)], ['a:b'], ['سلام'], ['a b']])
      expect(() => encodeIntent({ route: 'p', args })).toThrow('callback data')
  })

  test('foreign data is a choice that nobody knows', () => {
    for (const data of ['', ':', 'a b', 'é', 'p:\n', undefined])
      expect(decodeCallback(data)).toEqual({ kind: 'unknown_choice' })
  })

  test('commands are understood with a bot name and with words behind them', () => {
    expect(decodeText('/start@test_bot link-abc')).toEqual({ kind: 'command', command: 'start', words: ['link-abc'] })
    expect(decodeText(' /HELP ')).toEqual({ kind: 'command', command: 'help', words: [] })
    expect(decodeText('buy 3')).toEqual({ kind: 'text', text: 'buy 3' })
  })
})

describe('configured texts', () => {
  const unparsable = () =>
    new TelegramError({ error_code: 400, description: "Bad Request: can't parse entities: Unclosed start tag" })
  const send = (sent: string[]) => async (chatId: string, html: string) => {
    if (chatId === 'gone')
      throw new TelegramError({ error_code: 403, description: 'Forbidden: bot was blocked by the user' })
    if (html.includes('<oops')) throw unparsable()
    sent.push(`${chatId} ${html}`)
  }

  test('a broken tag falls back to escaped text', async () => {
    const sent: string[] = []
    expect(await safeSendHtml(send(sent), '1', '<oops')).toBe(true)
    expect(sent).toEqual(['1 &lt;oops'])
  })

  test('one bad text or recipient never stops a batch', async () => {
    const sent: string[] = []
    const outcomes = await safeSendHtmlToAll(send(sent), [
      { chatId: '1', html: '<b>a</b>' },
      { chatId: 'gone', html: 'b' },
      { chatId: '2', html: '<oops' },
      { chatId: '3', html: 'c' },
    ])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'failed', 'sent', 'sent'])
    expect(sent).toHaveLength(3)
  })
})
