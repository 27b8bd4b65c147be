/**
 * `/sandbox/whatsapp/...`: the phones of the fake WhatsApp for the chat page, beside the controls of Telegram. A bot is
 * the phone that it is linked to, by its `number` (digits); people are those of the sandbox, each with a number
 * (whatsapp-number.ts). Nothing of the protocol's library is loaded here: where there is no fake server there are no bots.
 *
 *   GET    bots                                             those that a companion is linked to, or was, or asks for
 *   GET    chat?number=&person=                             what was said, with its ticks
 *   POST   messages { person_id, number, text }
 *   POST   reads { person_id, number }                      the person reads what is in the chat
 *   POST   codes { number, code }                           the phone's owner types a pairing code: { outcome }
 *   POST   unlinks { number, device }                       and takes a device out of the list of linked ones
 *   POST   drops { number }                                 breaks the connections of its companions
 *   GET    files?number=&person=&message=
 */
import { Failure } from '../domain/failure.ts'
import { required, requiredNumber, type Values } from './call.ts'
import type { Person, StoredFile } from './chat.ts'
import type { PhoneEvent } from './whatsapp/account.ts'
import type { ChatLine, Phone } from './whatsapp/phone.ts'
import type { FakeWhatsApp } from './whatsapp/start-fake-whatsapp.ts'
import { whatsappNumberOf } from './whatsapp-number.ts'
import { readWhatsAppText } from './whatsapp-text.ts'
import type { World } from './world.ts'

const linesMax = 500
const imageTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

interface WhatsAppControls {
  readonly world: World
  readonly whatsapp: FakeWhatsApp | undefined
}

/** As of the Telegram sandbox: `botId` is the bot's as `bots` gives it, a `chatId` of 0 no one chat. */
export interface WhatsAppChange {
  readonly botId: string
  readonly chatId: number
  readonly typing?: boolean
}

type Post = (controls: WhatsAppControls, values: Values) => unknown

export const whatsappPosts: Record<string, Post> = {
  'whatsapp/messages': async (controls, values) => {
    const { bot, phone } = chatOf(controls, values)
    return { message_id: await phone.write(bot.number, required(values, 'text')) }
  },
  'whatsapp/reads': (controls, values) => {
    const { bot, phone } = chatOf(controls, values)
    const unread = phone.chatWith(bot.number).filter(({ from, state }) => from === 'them' && state !== 'read')
    for (const { id } of unread) phone.read(bot.number, id)
    return {}
  },
  'whatsapp/codes': async (controls, values) => {
    return { outcome: await botOf(controls, values).enterCode(required(values, 'code')) }
  },
  'whatsapp/unlinks': (controls, values) => {
    botOf(controls, values).unlink(requiredNumber(values, 'device'))
    return {}
  },
  'whatsapp/drops': (controls, values) => {
    botOf(controls, values).dropConnections()
    return {}
  },
}

export const whatsappGets: Record<string, (controls: WhatsAppControls, query: URLSearchParams) => unknown> = {
  'whatsapp/bots': ({ whatsapp }) => (whatsapp?.phones() ?? []).filter((phone) => phone.hadCompanion).map(botView),
  'whatsapp/chat': (controls, query) => {
    const { bot, person, phone } = chatOf(controls, valuesOf(query))
    const lines = phone.chatWith(bot.number)
    const view = (line: ChatLine) => lineView(line, { bot, person })
    return { begun: lines.length > 0, blocked: false, commands: [], messages: lines.slice(-linesMax).map(view) }
  },
}

/** A file that a bot has sent. Throws `not_found`. */
export function whatsappFile(
  controls: WhatsAppControls,
  query: URLSearchParams,
): Pick<StoredFile, 'name' | 'type' | 'bytes'> {
  const { bot, phone } = chatOf(controls, valuesOf(query))
  const line = phone.chatWith(bot.number).find(({ id, file }) => id === query.get('message') && file !== undefined)
  if (line?.file === undefined) throw new Failure('not_found', 'no such file')
  const { bytes, mimetype } = line.file
  return { bytes, name: nameOf(line.file), type: imageTypes.has(mimetype) ? mimetype : 'application/octet-stream' }
}

/** Tells of changes as the page wants to hear of them. @returns what ends the listening */
export function onWhatsAppChange(
  { world, whatsapp }: WhatsAppControls,
  tell: (change: WhatsAppChange) => void,
): () => void {
  if (whatsapp === undefined) return () => {}
  return whatsapp.onChange(({ number, event }) => {
    if (event === undefined) return tell({ botId: botIdOf(number), chatId: 0 })
    const person = [...world.people.values()].find((one) => whatsappNumberOf(one) === number)
    if (person === undefined) return undefined
    const change = { botId: botIdOf(otherSideOf(event)), chatId: person.id }
    if (event.kind !== 'typing') return tell(change)
    return event.state === 'composing' ? tell({ ...change, typing: true }) : undefined
  })
}

function otherSideOf(event: PhoneEvent): string {
  if ('from' in event) return event.from
  return 'to' in event ? event.to : ''
}

function botIdOf(number: string): string {
  return `whatsapp:${number}`
}

function valuesOf(query: URLSearchParams): Values {
  return { number: query.get('number') ?? '', person_id: query.get('person') ?? '' }
}

/** A bot, a person, and the person's phone, which there is from then on. */
function chatOf(controls: WhatsAppControls, values: Values): { bot: Phone; person: Person; phone: Phone } {
  const { world, whatsapp } = controls
  const bot = botOf(controls, values)
  const person = world.people.get(requiredNumber(values, 'person_id'))
  if (whatsapp === undefined || person === undefined) throw new Failure('not_found', 'no such person')
  return { bot, person, phone: whatsapp.addPerson({ name: person.first_name, number: whatsappNumberOf(person) }) }
}

function botOf({ whatsapp }: WhatsAppControls, values: Values): Phone {
  const number = required(values, 'number')
  const bot = whatsapp?.phones().find((phone) => phone.number === number && phone.hadCompanion)
  if (bot === undefined) throw new Failure('not_found', `the sandbox has no WhatsApp bot ${number}`)
  return bot
}

/** A bot as the page sees it. */
function botView({ number, name, devices, connected, isAskedForCode }: Phone): Record<string, unknown> {
  return {
    id: botIdOf(number),
    number,
    name: name ?? `+${number}`,
    online: connected.length > 0,
    devices: devices.map((id) => ({ id, connected: connected.includes(id) })),
    asked_for_code: isAskedForCode,
  }
}

/** A message as the page sees it, in the shape of Telegram's. */
function lineView(line: ChatLine, { bot, person }: { bot: Phone; person: Person }): unknown {
  const { id, at, state, file } = line
  const query = new URLSearchParams({ number: bot.number, person: String(person.id), message: id })
  const media = file && {
    kind: imageTypes.has(file.mimetype) ? 'photo' : 'document',
    name: nameOf(file),
    size: file.bytes.length,
    url: `/sandbox/whatsapp/files?${query.toString()}`,
  }
  const from = line.from === 'me' ? 'person' : 'bot'
  return { message_id: id, from, date: at, state, edited: false, media, ...readWhatsAppText(line.text) }
}

function nameOf({ name, kind }: { readonly name: string | undefined; readonly kind: string }): string {
  return name ?? kind
}
