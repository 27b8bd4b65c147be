/** The inbox and what was sent: kept before anything happens, and never said or done twice. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GatewayAnswer, GatewayRequest } from '../../../domain/worker-contract.ts'
import { type Fence, Fenced } from '../../../services/fence.ts'
import { keepOutcome } from '../../../services/keep-outcome.ts'
import { openTurn } from '../../../services/open-turn.ts'
import { settleTurn } from '../../../services/settle-turn.ts'
import { listPending } from '../../../services/whatsapp/list-pending.ts'
import { noteSent } from '../../../services/whatsapp/note-sent.ts'
import { queueMessages } from '../../../services/whatsapp/queue-messages.ts'
import { readSentBody } from '../../../services/whatsapp/read-sent-body.ts'
import { recordMessage } from '../../../services/whatsapp/record-message.ts'
import { Devices } from './device-fixture.ts'

let devices: Devices
beforeAll(async () => {
  devices = await Devices.open()
})
afterAll(() => devices.close())

const keyOf = (word: string) => `wa:${word.padEnd(43, 'x')}`
const arrived = (bot: Fence, word: string, body = word) =>
  recordMessage(devices.test.database, bot, devices.keyring, { updateKey: keyOf(word), body })
const pending = (bot: Fence) => listPending(devices.test.database, bot, devices.keyring)
const person = {
  platformUserId: '4915112345678',
  chatId: '4915112345678@s.whatsapp.net',
  username: null,
  displayName: null,
  languageHint: null,
}
/** A turn whose effect is `outcome`. */
const turn = (bot: Fence, word: string, outcome: string) =>
  devices.test.database.transaction(async (tx) => {
    const words = { updateKey: keyOf(word), nonce: null, answerMark: null, person }
    const opened = await openTurn(tx, bot, words, { onlyArrives: false })
    if (!opened.repeated) await keepOutcome(tx, bot.instanceId, words, outcome)
    return opened
  })
const settle = (bot: Fence, word: string, more: Partial<GatewayRequest<'answered'>> = {}) =>
  settleTurn(devices.test.database, bot, () => devices.keyring, { updateKeys: [keyOf(word)], asked: null, ...more })

describe('the inbox', () => {
  test('a message is kept until it is answered, and a turn in between is applied once', async () => {
    const bot = await devices.bot()
    expect(await arrived(bot, 'one')).toEqual({ known: false, handled: false })
    expect(await arrived(bot, 'one', 'again')).toEqual({ known: true, handled: false })
    expect(await turn(bot, 'one', 'applied')).toMatchObject({ repeated: false })
    // The worker ends here: the next one finds the message, and what its turn came to.
    expect((await pending(bot)).arrived).toEqual([{ updateKey: keyOf('one'), body: 'one' }])
    expect(await turn(bot, 'one', 'twice')).toMatchObject({ repeated: true, outcome: 'applied', answered: false })
    await settle(bot, 'one')
    expect((await pending(bot)).arrived).toEqual([])
    expect(await arrived(bot, 'one')).toEqual({ known: true, handled: true })
    expect(await turn(bot, 'one', 'thrice')).toMatchObject({ repeated: true, outcome: 'applied', answered: true })
  })

  test('what waits for one bot is not told to another', async () => {
    const [bot, other] = [await devices.bot(), await devices.bot()]
    await arrived(bot, 'one')
    await queue(bot, 'answer')
    expect(await pending(other)).toEqual({ arrived: [], queued: [], more: false })
  })

  test('of many that take the same message at once, one applies it', async () => {
    const bot = await devices.bot()
    await arrived(bot, 'one')
    const turns = await Promise.all(Array.from({ length: 8 }, (_, at) => turn(bot, 'one', `by ${at}`)))
    expect(turns.filter(({ repeated }) => !repeated)).toHaveLength(1)
  })

  test('a message that comes many times at once is there once', async () => {
    const bot = await devices.bot()
    const answers = await Promise.all(Array.from({ length: 8 }, () => arrived(bot, 'one')))
    expect(answers.filter(({ known }) => !known)).toHaveLength(1)
    expect((await pending(bot)).arrived).toHaveLength(1)
  })

  test('what waits is told oldest first, a part at a time', async () => {
    const bot = await devices.bot()
    for (let at = 0; at < 103; at += 1) await arrived(bot, `m${at}`)
    const first = await pending(bot)
    expect(first.arrived.map(({ body }) => body)).toEqual(Array.from({ length: 100 }, (_, at) => `m${at}`))
    expect(first.more).toBe(true)
    for (const { body } of first.arrived) await settle(bot, body ?? '')
    expect(await pending(bot)).toMatchObject({
      arrived: [{ body: 'm100' }, { body: 'm101' }, { body: 'm102' }],
      more: false,
    })
  })

  test('words that do not open hold up nothing', async () => {
    const bot = await devices.bot()
    await arrived(bot, 'bad')
    await arrived(bot, 'good')
    await devices.rows(`update handled_update set body = 'v1.x.y' where key = $1 and instance_id = $2`, [
      keyOf('bad'),
      bot.instanceId,
    ])
    expect((await pending(bot)).arrived.map(({ body }) => body)).toEqual([null, 'good'])
    await settle(bot, 'bad')
    expect((await pending(bot)).arrived.map(({ body }) => body)).toEqual(['good'])
  })

  test('a message that is settled without a turn is not taken afterwards', async () => {
    const bot = await devices.bot()
    await arrived(bot, 'aside')
    await settle(bot, 'aside')
    expect(await turn(bot, 'aside', 'late')).toMatchObject({ repeated: true, answered: true })
  })

  test('a press that comes again under another key takes the old outcome out of the inbox, too', async () => {
    const bot = await devices.bot()
    const take = (word: string, outcome: string) =>
      devices.test.database.transaction(async (tx) => {
        const words = { updateKey: keyOf(word), nonce: 'press', answerMark: null, person }
        const opened = await openTurn(tx, bot, words, { onlyArrives: false })
        if (!opened.repeated) await keepOutcome(tx, bot.instanceId, words, outcome)
        return opened
      })
    await arrived(bot, 'one')
    await arrived(bot, 'two')
    expect(await take('one', 'applied')).toMatchObject({ repeated: false })
    expect(await take('two', 'twice')).toMatchObject({ repeated: true, outcome: 'applied', answered: false })
    expect((await pending(bot)).arrived).toHaveLength(2)
  })
})

const ref = (id: string) => ({ chat: person.chatId, id })
const stateOf = async (bot: Fence) =>
  devices.rows<{ state: string; reason: string | null }>(
    'select state, reason from whatsapp_message where instance_id = $1 order by number',
    [bot.instanceId],
  )
const queue = (bot: Fence, ...ids: string[]) =>
  queueMessages(devices.test.database, bot, devices.keyring, {
    messages: ids.map((id) => ({ ...ref(id), body: `body of ${id}` })),
  })
type Change = GatewayRequest<'waSent'>['changes'][number]
const change = (id: string, state: Change['state'], reason: string | null = null) => ({ ...ref(id), state, reason })
const sent = (bot: Fence, ...changes: Change[]) => noteSent(devices.test.database, bot, devices.keyring, { changes })

describe('what was sent', () => {
  test('waits with its words until it went out, in the order in which it was written down', async () => {
    const bot = await devices.bot()
    await queue(bot, 'z', 'a', 'm')
    await queue(bot, 'b', 'a')
    const ids = ({ queued }: GatewayAnswer<'waPending'>) => queued.map(({ id }) => id)
    expect(ids(await pending(bot))).toEqual(['z', 'a', 'm', 'b'])
    await sent(bot, change('a', 'written'), change('z', 'failed', '463'))
    expect((await pending(bot)).queued).toEqual([
      { ...ref('m'), body: 'body of m' },
      { ...ref('b'), body: 'body of b' },
    ])
    expect(await stateOf(bot)).toEqual([
      { state: 'failed', reason: '463' },
      { state: 'written', reason: null },
      { state: 'queued', reason: null },
      { state: 'queued', reason: null },
    ])
  })

  test('is written down with the answer, or not at all', async () => {
    const bot = await devices.bot()
    await arrived(bot, 'one')
    const sending = [{ ...ref('answer'), body: 'hello' }]
    await devices.rows(`alter table whatsapp_message add constraint never check (instance_id <> '${bot.instanceId}')`)
    await expect(settle(bot, 'one', { sending })).rejects.toThrow('never')
    await devices.rows('alter table whatsapp_message drop constraint never')
    expect(await pending(bot)).toMatchObject({ arrived: [{ body: 'one' }], queued: [] })
    await settle(bot, 'one', { sending })
    expect(await pending(bot)).toMatchObject({ arrived: [], queued: sending })
  })

  test('is told to a recipient who asks for it once more, and to nobody else', async () => {
    const [bot, other] = [await devices.bot(), await devices.bot()]
    await queue(bot, 'm')
    await sent(bot, change('m', 'delivered'))
    const read = (claim: Fence, { chat, id }: { chat: string; id: string }, also: string[] = []) =>
      readSentBody(devices.test.database, claim, devices.keyring, { chats: [...also, chat], id })
    expect(await read(bot, ref('m'))).toBe('body of m')
    expect(await read(bot, ref('m'), ['77@lid'])).toBe('body of m')
    expect(await read(bot, ref('n'))).toBeNull()
    expect(await read(bot, { chat: '4915100000000@s.whatsapp.net', id: 'm' })).toBeNull()
    expect(await read(other, ref('m'))).toBeNull()
    await devices.rows(`update whatsapp_message set sealed = 'v1.x.y' where instance_id = $1`, [bot.instanceId])
    expect(await read(bot, ref('m'))).toBeNull()
  })

  test('changes of unknown messages are ignored', async () => {
    const bot = await devices.bot()
    await sent(bot, change('unknown', 'acked'))
    expect(await stateOf(bot)).toEqual([])
  })

  const order = ['queued', 'written', 'failed', 'acked', 'delivered'] as const
  test('only goes on, in whatever order and batches its changes come', async () => {
    const states = fc.constantFrom<Change['state']>('written', 'failed', 'acked', 'delivered')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(states, { minLength: 1, maxLength: 4 }), { maxLength: 5 }),
        async (batches) => {
          const bot = await devices.bot()
          await queue(bot, 'm')
          let furthest: (typeof order)[number] = 'queued'
          for (const batch of batches) {
            await sent(bot, ...batch.map((state) => change('m', state)))
            for (const state of batch) if (order.indexOf(state) > order.indexOf(furthest)) furthest = state
            // Sending it once more does not begin it anew.
            await queue(bot, 'm')
            expect((await stateOf(bot)).map(({ state }) => state)).toEqual([furthest])
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})

test.for<[string, (bot: Fence) => Promise<unknown>]>([
  ['recordMessage', (bot) => arrived(bot, 'new')],
  ['listPending', (bot) => pending(bot)],
  ['openTurn', (bot) => turn(bot, 'one', 'x')],
  ['settleTurn', (bot) => settle(bot, 'one', { sending: [{ ...ref('stolen'), body: 'x' }] })],
  ['queueMessages', (bot) => queue(bot, 'stolen')],
  ['noteSent', (bot) => sent(bot, change('m', 'delivered'))],
  [
    'readSentBody',
    (bot) => readSentBody(devices.test.database, bot, devices.keyring, { chats: [person.chatId], id: 'm' }),
  ],
])('%s of a stale epoch or nonce does nothing', async ([, call]) => {
  const bot = await devices.bot()
  await arrived(bot, 'one')
  await queue(bot, 'm')
  const rows = () =>
    Promise.all(
      ['handled_update', 'whatsapp_message'].map((table) =>
        devices.rows(`select xmin, * from ${table} where instance_id = $1`, [bot.instanceId]),
      ),
    )
  const before = await rows()
  for (const stale of [
    { ...bot, epoch: 2 },
    { ...bot, nonce: 'guessed' },
  ]) {
    await expect(call(stale)).rejects.toThrow(Fenced)
  }
  expect(await rows()).toEqual(before)
})
