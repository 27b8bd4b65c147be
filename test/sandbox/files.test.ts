import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sandbox, type SandboxPerson, startSandbox } from '../../sandbox/start-sandbox.ts'
import { BotClient, type Json } from './bot-client.ts'

/** The smallest picture: one transparent dot. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

let sandbox: Sandbox
let client: BotClient
let ann: SandboxPerson

beforeEach(async () => {
  sandbox = await startSandbox()
  client = new BotClient(sandbox, sandbox.createBot({ name: 'Shop', username: 'shop_bot' }))
  ann = sandbox.person('Ann')
  ann.in(client.bot).start()
})
afterEach(() => sandbox.stop())

function form(values: Record<string, string>, files: Record<string, Buffer>): FormData {
  const made = new FormData()
  for (const [name, value] of Object.entries({ chat_id: String(ann.id), ...values })) made.set(name, value)
  for (const [name, bytes] of Object.entries(files)) made.set(name, new Blob([new Uint8Array(bytes)]), `${name}.png`)
  return made
}

const pathOf = (file: Json) => file['file_path'] as unknown as string

test('a photo is uploaded, sent again by its id, and fetched', async () => {
  const sent = await client.call('sendPhoto', form({ caption: '<b>Ticket</b>', parse_mode: 'HTML' }, { photo: png }))
  expect(sent.result).toMatchObject({ caption: 'Ticket', caption_entities: [{ type: 'bold' }], photo: [{}] })
  const fileId = sent.result['photo']?.[0]?.['file_id']
  expect((await client.call('sendPhoto', { chat_id: ann.id, photo: fileId })).result).toMatchObject({
    photo: [{ file_id: fileId }],
  })
  const { result: file } = await client.call('getFile', { file_id: fileId })
  expect(file).toMatchObject({ file_id: fileId, file_size: png.length, file_path: expect.stringMatching(/^photos\//) })
  const fetched = await fetch(`${sandbox.apiRoot}/file/bot${client.bot.token}/${pathOf(file)}`)
  expect(Buffer.from(await fetched.arrayBuffer()).equals(png)).toBe(true)
})

test('a document may be named by attach:// in a form', async () => {
  const { result } = await client.call('sendDocument', form({ document: 'attach://note' }, { note: Buffer.from('hi') }))
  expect(result).toMatchObject({ document: { file_name: 'note.png', file_size: 2 } })
})

test('what is no picture is no photo, and what is nowhere is nothing', async () => {
  const text = form({}, { photo: Buffer.from('no picture') })
  expect(await client.refusal('sendPhoto', text)).toBe('400 Bad Request: IMAGE_PROCESS_FAILED')
  const big = form({}, { photo: Buffer.alloc(10 * 1024 * 1024 + 1) })
  expect(await client.refusal('sendPhoto', big)).toMatch(/^400 Bad Request: file of size 10485761 bytes is too big/)
  const chat = { chat_id: ann.id }
  expect(await client.refusal('sendPhoto', chat)).toBe('400 Bad Request: there is no photo in the request')
  expect(await client.refusal('sendPhoto', { ...chat, photo: 'made-up' })).toBe(
    '400 Bad Request: wrong file identifier/HTTP URL specified',
  )
  expect(await client.refusal('sendPhoto', { ...chat, photo: 'https://example.com/x.png' })).toBe(
    '400 Bad Request: failed to get HTTP URL content',
  )
  expect(await client.refusal('getFile', { file_id: 'made-up' })).toBe('400 Bad Request: invalid file_id')
})

test('one bot cannot use or fetch the file of another', async () => {
  const other = new BotClient(sandbox, sandbox.createBot({ name: 'Other', username: 'other_bot' }))
  ann.in(other.bot).start()
  const { result } = await client.call('sendDocument', form({}, { document: png }))
  const fileId = result['document']?.['file_id']
  expect(await other.refusal('getFile', { file_id: fileId })).toBe('400 Bad Request: invalid file_id')
  expect(await other.refusal('sendDocument', { chat_id: ann.id, document: fileId })).toMatch(/^400/)
  const path = pathOf((await client.call('getFile', { file_id: fileId })).result)
  expect((await fetch(`${sandbox.apiRoot}/file/bot${other.bot.token}/${path}`)).status).toBe(404)
})

test('a person sends a picture as a photo and anything else as a document', async () => {
  const chat = ann.in(client.bot)
  chat.sendFile('receipt.png', png, 'paid')
  chat.sendFile('receipt.pdf', Buffer.from('%PDF'))
  const [, photo, document] = await client.updates()
  expect(photo).toMatchObject({ message: { caption: 'paid', photo: [{ file_size: png.length }] } })
  expect(document).toMatchObject({ message: { document: { file_name: 'receipt.pdf' } } })
  const fileId = document?.['message']?.['document']?.['file_id']
  expect((await client.call('getFile', { file_id: fileId })).ok).toBe(true)
})

test('a caption is edited, and a photo has no text to edit', async () => {
  const { result } = await client.call('sendPhoto', form({ caption: 'old' }, { photo: png }))
  const target = { chat_id: ann.id, message_id: result['message_id'] }
  expect(await client.refusal('editMessageText', { ...target, text: 'x' })).toBe(
    '400 Bad Request: there is no text in the message to edit',
  )
  expect((await client.call('editMessageCaption', { ...target, caption: 'new' })).result).toMatchObject({
    caption: 'new',
  })
})
