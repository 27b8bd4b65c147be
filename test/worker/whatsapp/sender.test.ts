/** What the sender does when connections come and go, against a connection that does as it is told. */
import { beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../runtime/clock.ts'
import { createLog } from '../../../runtime/log.ts'
import type { ChannelContext } from '../../../worker/channel.ts'
import { Deadline } from '../../../worker/deadline.ts'
import type { GatewayClient } from '../../../worker/gateway-client.ts'
import { Pacing } from '../../../worker/pacing.ts'
import type {
  OutgoingContent,
  SendOutcome,
  StatusUpdate,
  WhatsAppConnection,
} from '../../../worker/whatsapp/connection.ts'
import { Sender } from '../../../worker/whatsapp/sender.ts'
import { SentNotes } from '../../../worker/whatsapp/sent-notes.ts'

const pace = { botPerSecond: 1000, chatPerSecond: 1000, chatBurst: 1000, backgroundPerSecond: 1000 }
let sent: string[]
let contents: OutgoingContent[]
let noted: unknown[]
let refused: [string, string][]
let outcomes: SendOutcome[]
let isOpen: boolean
let open: () => void
let say: (update: StatusUpdate) => void
let draining: AbortController
let notes: SentNotes
let sender: Sender

beforeEach(() => {
  sent = []
  contents = []
  noted = []
  refused = []
  outcomes = []
  isOpen = true
  draining = new AbortController()
  let onOpen = () => {}
  open = () => {
    isOpen = true
    onOpen()
  }
  const connection: WhatsAppConnection = {
    get isOpen() {
      return isOpen
    },
    send: async ({ id, content }) => {
      sent.push(id)
      contents.push(content)
      return outcomes.shift() ?? { kind: 'written' }
    },
    markRead: async () => {},
    sendTyping: async () => {},
    onMessage: () => {},
    onStatus: (listener) => {
      say = listener
    },
    onOpen: (listener) => {
      onOpen = listener
    },
  }
  const call = async (name: string, { changes }: { changes: unknown[] }) =>
    name === 'picture' ? { picture: Buffer.from('a picture').toString('base64') } : void noted.push(...changes)
  const gateway = { call } as unknown as GatewayClient
  const deadline = new Deadline(systemClock)
  deadline.extend(systemClock.monotonicMs(), 3_600_000)
  const log = createLog({ level: 'info', name: 'sender', write: () => {} })
  const pacing = new Pacing(systemClock, pace, { rateLimitRps: 1000, maxConcurrentRequests: 1000 })
  notes = new SentNotes({ gateway, clock: systemClock })
  const context = { gateway, clock: systemClock, deadline, log, draining: draining.signal } as unknown as ChannelContext
  sender = new Sender(context, {
    connection,
    pacing,
    notes,
    onRefused: (chat, reason) => void refused.push([chat, reason]),
  })
})

const message = (id: string) =>
  ({ id, chat: 'c@s.whatsapp.net', part: { kind: 'text', text: id }, outbox: false }) as const
const state = (id: string, of: StatusUpdate['state']): StatusUpdate => ({ chat: 'other@lid', id, state: of })

test('what was not acknowledged goes out again on the next connection, before what waits for it', async () => {
  await sender.send(message('A'))
  await sender.send(message('B'))
  say(state('A', 'acked'))
  isOpen = false
  const waiting = sender.send(message('C'))
  open()
  await waiting
  expect(sent).toEqual(['A', 'B', 'B', 'C'])
})

test('an outcome that is not known is tried again under the same id', async () => {
  outcomes = [{ kind: 'unknown' }, { kind: 'not_sent' }]
  expect(await sender.send(message('A'))).toEqual({ kind: 'sent' })
  expect(sent).toEqual(['A', 'A', 'A'])
})

test('a message that is sent for good waits for its acknowledgement, or hears why there is none', async () => {
  const first = sender.sendForGood(message('A'))
  await vi.waitFor(() => expect(sent).toEqual(['A']))
  say(state('A', 'acked'))
  expect(await first).toEqual({ kind: 'sent' })
  const second = sender.sendForGood(message('B'))
  await vi.waitFor(() => expect(sent).toHaveLength(2))
  say({ ...state('B', 'failed'), reason: 'WhatsApp refused it (404)' })
  expect(await second).toEqual({ kind: 'failed', reason: 'WhatsApp refused it (404)' })
})

test('a worker that ends without a connection leaves what waits undone', async () => {
  isOpen = false
  const waiting = sender.send(message('A'))
  draining.abort()
  expect(await waiting).toEqual({ kind: 'undone' })
  expect(sent).toEqual([])
})

test('what becomes of a message within a moment is one note, under the chat that it went to', async () => {
  await sender.send(message('A'))
  say(state('A', 'acked'))
  say(state('A', 'delivered'))
  say(state('A', 'acked'))
  await notes.flush()
  expect(noted).toEqual([{ chat: 'c@s.whatsapp.net', id: 'A', state: 'delivered', reason: null }])
})

test('a worker that is to end waits for an acknowledgement for a moment only', async () => {
  const last = sender.sendForGood(message('A'))
  await vi.waitFor(() => expect(sent).toEqual(['A']))
  draining.abort()
  expect(await last).toEqual({ kind: 'undone' })
})

test('an answer that is refused after it went out is told of, what the outbox looks after is not', async () => {
  await sender.send(message('A'))
  await sender.send({ ...message('B'), outbox: true })
  say({ ...state('A', 'failed'), reason: 'WhatsApp refused it (404)' })
  say({ ...state('B', 'failed'), reason: 'WhatsApp refused it (404)' })
  expect(refused).toEqual([['c@s.whatsapp.net', 'WhatsApp refused it (404)']])
})

test('what was going out again when the connection broke once more goes out on the one after that', async () => {
  await sender.send(message('A'))
  await sender.send(message('B'))
  outcomes = [{ kind: 'unknown' }, { kind: 'not_sent' }]
  open()
  await vi.waitFor(() => expect(sent).toEqual(['A', 'B', 'A', 'B']))
  open()
  await vi.waitFor(() => expect(sent).toEqual(['A', 'B', 'A', 'B', 'A', 'B']))
  say(state('A', 'acked'))
  open()
  await vi.waitFor(() => expect(sent.slice(6)).toEqual(['B']))
})

test('what cannot go out again is told of, as when it goes out for the first time', async () => {
  await sender.send(message('A'))
  outcomes = [{ kind: 'failed', reason: 'too large (413)' }]
  open()
  await vi.waitFor(() => expect(refused).toEqual([['c@s.whatsapp.net', 'too large (413)']]))
  await notes.flush()
  expect(noted).toEqual([{ chat: 'c@s.whatsapp.net', id: 'A', state: 'failed', reason: 'too large (413)' }])
})

test('a worker that is to end does not try again what an open connection does not take', async () => {
  outcomes = Array.from({ length: 1000 }, () => ({ kind: 'unknown' }))
  const waiting = sender.send(message('A'))
  await vi.waitFor(() => expect(sent).toEqual(['A']))
  draining.abort()
  expect(await waiting).toEqual({ kind: 'undone' })
  expect(sent).toEqual(['A'])
})

test('of a picture that cannot be stored the words go out', async () => {
  outcomes = [{ kind: 'failed', reason: 'the file could not be uploaded: status 503' }]
  const part = { kind: 'picture', picture: { product: 'tea', version: '1' }, caption: 'Tea' } as const
  expect(await sender.send({ ...message('A'), part })).toEqual({ kind: 'sent' })
  expect(contents).toMatchObject([
    { kind: 'image', caption: 'Tea' },
    { kind: 'text', text: 'Tea' },
  ])
  expect(sent).toEqual(['A', 'A'])
})
