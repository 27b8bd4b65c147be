/** What is kept of messages, and how they are named. */
import { expect, test } from 'vitest'
import { arrivedOf, readArrived, readSentBody, writeArrived, writeSent } from '../../../worker/whatsapp/bodies.ts'
import type { IncomingMessage } from '../../../worker/whatsapp/connection.ts'
import { messageIdOf, nonceOf, updateKeyOf } from '../../../worker/whatsapp/message-id.ts'
import { addressOf, personOf, userOfChat } from '../../../worker/whatsapp/person.ts'

const message: IncomingMessage = {
  id: '3EB0AA',
  chat: '77@lid',
  from: { phone: '989121234567', lid: '77@lid' },
  pushName: ' Sara ',
  timestampMs: 5,
  kind: 'text',
  text: 'hello',
  isOffline: false,
}

test('a message comes back from the inbox as it was', () => {
  const kept = { ...message, isOffline: true }
  expect(readArrived(writeArrived(arrivedOf(message)))).toEqual({ message: kept, holdsToken: false })
  expect(readArrived('{"id":1}')).toBeUndefined()
  expect(readArrived('not json')).toBeUndefined()
})

test("a bot's token does not get into the inbox, but that there was one does", () => {
  const token = '123456789:AAHfiqksKZ8WmR2zSjiQ7_ddeRn5TYiVPLM'
  const arrived = arrivedOf({ ...message, text: `it is ${token}, keep it` })
  expect(arrived.message.text).toContain(token)
  const body = writeArrived(arrived)
  expect(body).not.toContain('AAHfiqks')
  expect(readArrived(body)).toMatchObject({ holdsToken: true, message: { text: 'it is …, keep it' } })
})

test('what went out is kept without the content of files, and the outbox keeps its own', () => {
  const text = { kind: 'text', text: 'x' } as const
  const file = { kind: 'file', name: 'a.txt', bytes: Buffer.from('secret'), caption: 'c' } as const
  expect(readSentBody(writeSent({ part: text, outbox: false }))).toEqual({ part: text, outbox: false })
  expect(writeSent({ part: file, outbox: true })).not.toContain('secret')
  expect(readSentBody(writeSent({ part: file, outbox: true }))).toEqual({ part: undefined, outbox: true })
  expect(readSentBody('{}')).toBeUndefined()
})

test('names are the same for the same words, and have the form that is asked of them', () => {
  const key = updateKeyOf(message)
  expect(key).toMatch(/^wa:[\w-]{43}$/)
  expect(key).not.toBe(updateKeyOf({ ...message, id: '3EB0AB' }))
  expect(nonceOf(key)).toMatch(/^[a-z0-9]{12}$/)
  expect(messageIdOf(key, '0')).toMatch(/^3EB0[0-9A-F]{18}$/)
  expect(messageIdOf(key, '0')).toBe(messageIdOf(key, '0'))
  expect(messageIdOf(key, '0')).not.toBe(messageIdOf(key, '1'))
})

test('a person is the phone number where it is known, else the LID, and their country hints at a language', () => {
  expect(personOf(message)).toEqual({
    platformUserId: '989121234567',
    chatId: '77@lid',
    username: null,
    displayName: 'Sara',
    languageHint: 'fa',
    lid: '77@lid',
  })
  const hidden = personOf({ ...message, from: { phone: null, lid: '77@lid' }, pushName: null })
  expect(hidden).toMatchObject({ platformUserId: '77@lid', lid: null, languageHint: null, displayName: null })
  const hintOf = (phone: string) => personOf({ ...message, from: { phone, lid: null } }).languageHint
  expect(['4917012345', '79161234567', '375291234567', '85212345678', '8613812345678'].map(hintOf)).toEqual([
    null,
    'ru',
    'ru',
    'zh',
    'zh',
  ])
})

test('a chat is named by its address, or by the number of who is told', () => {
  expect([addressOf('4917012345'), addressOf('77@lid')]).toEqual(['4917012345@s.whatsapp.net', '77@lid'])
  expect(['4917012345@s.whatsapp.net', '4917012345:7@s.whatsapp.net', '77@lid'].map(userOfChat)).toEqual([
    '4917012345',
    '4917012345',
    '77@lid',
  ])
})
