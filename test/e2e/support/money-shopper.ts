/** People who buy by pressing buttons, patiently, and an owner who asks for payouts; each remembers what was pressed. */
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../../../domain/failure.ts'
import type { ChatMessage } from '../../../sandbox/chat.ts'
import { inlineButtonsOf, type PersonChat } from '../../../sandbox/person-chat.ts'
import { say as agentSays } from '../../../worker/shop/agent/texts.ts'
import { say } from '../../../worker/shop/customer/texts.ts'
import { office } from '../../../worker/shop/office/texts.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import { isSentence } from '../../support/shop-rig.ts'
import type { ChaosBot } from './chaos-fleet.ts'

export interface PayPress {
  readonly botId: number
  readonly personId: number
  /** Of the screen that was confirmed. */
  readonly nonce: string
}

/** A person in front of a bot. */
export interface Visitor {
  readonly bot: ChaosBot
  readonly personId: number
  readonly chat: PersonChat
  readonly random: SeededRandom
}

/** After this long a button is pressed again, a text is written again. */
const pressAgainMs = 2500
const writeAgainMs = 15_000
const giveUpMs = 180_000

const isPaid = isSentence(say('en', 'paid'))
const isHome = isSentence(say('en', 'greeting'))
const isRefused = ({ text }: ChatMessage) => /Nothing was charged/.test(text)

const isDeclined = (message: ChatMessage) =>
  (['in_debt', 'above_available', 'below_minimum'] as const).some((why) =>
    isSentence(office('en', `trouble_${why}`))(message),
  )
const or =
  (...conditions: ((message: ChatMessage) => boolean)[]) =>
  (message: ChatMessage) =>
    conditions.some((condition) => condition(message))

/** The data of the buttons that begin with this. */
function buttonsOf(message: ChatMessage, start: string): string[] {
  return inlineButtonsOf(message).flatMap(({ callback_data: data }) => (data?.startsWith(start) === true ? [data] : []))
}

/** Somebody who writes and presses until there is an answer. */
class Person {
  readonly visitor: Visitor
  /** Texts that were written. */
  said = 0
  #stopped = false
  /** The message that the present conversation began with. */
  #beganAt = 0

  constructor(visitor: Visitor) {
    this.visitor = visitor
  }

  stop(): void {
    this.#stopped = true
  }

  /** Does it again and again, until it is stopped. */
  protected async repeat(pauseMs: readonly [number, number], work: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await work()
      if (!this.#stopped) await delay(this.visitor.random.between(...pauseMs))
    }
  }

  /** Begins a conversation: what is seen from now on is below this text. */
  protected begin(text: string, isAnswer: (message: ChatMessage) => boolean): Promise<ChatMessage> {
    this.#beganAt = this.visitor.chat.messages().at(-1)?.message_id ?? 0
    return this.write(text, isAnswer)
  }

  protected write(text: string, isAnswer: (message: ChatMessage) => boolean): Promise<ChatMessage> {
    const write = () => {
      this.said += 1
      this.visitor.chat.say(text)
    }
    return this.#until(isAnswer, { act: write, againMs: writeAgainMs })
  }

  protected press(
    message: ChatMessage,
    data: string,
    isAnswer: (message: ChatMessage) => boolean,
  ): Promise<ChatMessage> {
    const { chat } = this.visitor
    const act = () => {
      // A message that was made the answer by mistake is taken away: then the answer is below.
      const shown = chat.messages()
      const there = shown.find(({ message_id: id }) => id === message.message_id)
      const pressed = there ?? shown.findLast((one) => buttonsOf(one, data).length > 0)
      if (pressed !== undefined) chat.pressData(pressed.message_id, data)
    }
    return this.#until(isAnswer, { act, againMs: pressAgainMs })
  }

  async #until(
    isAnswer: (message: ChatMessage) => boolean,
    { act, againMs }: { act: () => void; againMs: number },
  ): Promise<ChatMessage> {
    const { chat } = this.visitor
    const isNew = (message: ChatMessage) => message.message_id > this.#beganAt && isAnswer(message)
    for (const endMs = performance.now() + giveUpMs; ; ) {
      act()
      try {
        return await chat.waitFor(isNew, { timeoutMs: againMs })
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'wait_timeout' || performance.now() > endMs) throw error
      }
    }
  }
}

export class Shopper extends Person {
  /** Every "pay" that was pressed, by the data of its button. */
  readonly confirmed = new Set<string>()
  readonly #beforePay: (press: PayPress) => void

  constructor(visitor: Visitor, beforePay: (press: PayPress) => void) {
    super(visitor)
    this.#beforePay = beforePay
  }

  async enter(): Promise<void> {
    await this.begin('/start', isHome)
  }

  work(): Promise<void> {
    return this.repeat([200, 1200], () => this.#buy())
  }

  async #buy(): Promise<void> {
    const { random } = this.visitor
    const shelf = await this.begin('/shop', (message) => buttonsOf(message, 'item:').length > 0)
    const item = random.pick(buttonsOf(shelf, 'item:'))
    const product = item.slice('item:'.length)
    const has =
      (...starts: string[]) =>
      (message: ChatMessage) =>
        starts.some((start) => buttonsOf(message, `${start}:${product}`).length > 0)
    let seen = await this.press(shelf, item, has('qty', 'buy', 'wish'))
    if (has('wish')(seen)) return
    const isConfirm = (message: ChatMessage) => has('pay')(message) || isRefused(message)
    if (has('qty')(seen)) {
      seen = await this.press(seen, `qty:${product}`, (message) => has('buy')(message) || isRefused(message))
      if (!isRefused(seen) && random.between(0, 1) < 0.3) {
        return this.#pay(product, await this.write(String(random.pick([1, 2, 3])), isConfirm))
      }
    }
    if (isRefused(seen)) return
    const buy = random.pick(buttonsOf(seen, `buy:${product}`).slice(0, 3))
    return this.#pay(product, await this.press(seen, buy, isConfirm))
  }

  async #pay(product: string, confirm: ChatMessage): Promise<void> {
    const [data] = buttonsOf(confirm, `pay:${product}`)
    if (data === undefined) return
    const { bot, personId, chat, random } = this.visitor
    const { message_id: id } = confirm
    await delay(random.between(0, 200))
    this.confirmed.add(data)
    this.#beforePay({ botId: bot.botId, personId, nonce: data.split(':').at(-1) ?? '' })
    const pressedAtOnce = random.pick([1, 1, 2, 3])
    for (let more = 1; more < pressedAtOnce; more += 1) chat.pressData(id, data)
    await this.press(confirm, data, (message) => isPaid(message) || isRefused(message))
    if (random.between(0, 1) < 0.3) chat.pressData(id, data)
  }
}

export class Owner extends Person {
  /** Withdrawals that were confirmed and granted. */
  granted = 0
  readonly #address: string

  constructor(visitor: Visitor, address: string) {
    super(visitor)
    this.#address = address
  }

  async enter(): Promise<void> {
    await this.begin('/start', isHome)
  }

  work(): Promise<void> {
    return this.repeat([500, 1500], () => this.#withdraw())
  }

  async #withdraw(): Promise<void> {
    const { chat, random } = this.visitor
    const panel = await this.begin('/agent', (message) => buttonsOf(message, 'agent.withdraw').length > 0)
    const isAmount = isSentence(agentSays('en', 'ask_amount'))
    const isAddress = isSentence(agentSays('en', 'ask_address'))
    const asked = await this.press(panel, 'agent.withdraw', or(isAmount, isDeclined))
    const [all] = buttonsOf(asked, 'agent.amount:')
    if (all === undefined) return
    // Mostly the least: then there is enough for a second one, if a press came to that.
    const address = await (random.between(0, 1) < 0.3
      ? this.press(asked, all, or(isAddress, isDeclined))
      : this.write('0.5', or(isAddress, isDeclined)))
    if (!isAddress(address)) return
    const confirm = await this.write(
      this.#address,
      or((message) => buttonsOf(message, 'aw:').length > 0, isDeclined),
    )
    const [data] = buttonsOf(confirm, 'aw:')
    if (data === undefined) return
    if (random.between(0, 1) < 0.5) chat.pressData(confirm.message_id, data)
    const isGranted = isSentence(agentSays('en', 'requested'))
    if (isGranted(await this.press(confirm, data, or(isGranted, isDeclined)))) this.granted += 1
  }
}
