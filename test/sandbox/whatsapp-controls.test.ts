/** The controls by which the chat page shows a WhatsApp bot, with the unmodified client as that bot. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { PlainAgent, WhatsAppClient } from '../support/whatsapp-client.ts'

const number = '15550100200'
let fake: FakeWhatsApp
let sandbox: Sandbox
let client: WhatsAppClient
beforeEach(async () => {
  fake = await startFakeWhatsApp()
  sandbox = await startSandbox({ whatsapp: fake })
  fake.addPerson({ name: 'Corner Shop', number })
  client = new WhatsAppClient(fake.url)
  await client.link(fake, number)
})
afterEach(async () => {
  await client.end()
  await sandbox.stop()
  await fake.stop()
})

const get = (path: string) => fetch(`${sandbox.url}/sandbox/whatsapp/${path}`)
const post = (name: string, body: unknown, type = 'application/json') =>
  fetch(`${sandbox.url}/sandbox/whatsapp/${name}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  })

interface Line {
  readonly from: string
  readonly text: string
  readonly state: string
  readonly media?: { readonly kind: string; readonly name: string; readonly url: string }
}
async function chat(personId: number): Promise<Line[]> {
  const answer = await get(`chat?number=${number}&person=${personId}`)
  return ((await answer.json()) as { messages: Line[] }).messages
}

test('a person of the sandbox writes by a number of their own, and sees what came of it', async () => {
  const farid = sandbox.addPerson({ firstName: 'Farid', languageCode: 'fa' })
  expect(await (await get('bots')).json()).toEqual([
    {
      id: `whatsapp:${number}`,
      number,
      name: 'Corner Shop',
      online: true,
      devices: [{ id: 1, connected: true }],
      asked_for_code: false,
    },
  ])
  await post('messages', { number, person_id: farid.id, text: 'hello' })
  const { message } = await client.events.next('message')
  expect(message.key.remoteJidAlt).toBe(`98${farid.id}@s.whatsapp.net`)
  const phone = fake.phoneOf(`98${farid.id}`)
  await phone.inbox.next('delivered')
  expect(await chat(farid.id)).toMatchObject([{ from: 'person', text: 'hello', state: 'delivered' }])
  await client.socket.readMessages([message.key])
  await phone.inbox.next('read')
  const sent = await client.socket.sendMessage(message.key.remoteJid ?? '', { text: '*Welcome*' })
  await phone.inbox.next('message')
  expect(await chat(farid.id)).toMatchObject([
    { state: 'read' },
    { from: 'bot', text: 'Welcome', entities: [{ type: 'bold', offset: 0, length: 7 }], state: 'delivered' },
  ])
  await post('reads', { number, person_id: farid.id })
  await client.events.next('status', ({ id, status }) => id === sent?.key.id && status === 4)
  expect((await chat(farid.id)).map(({ state }) => state)).toEqual(['read', 'read'])
})

test('files of a bot are shown, and none of them runs as a page', async () => {
  const { id } = sandbox.addPerson({ firstName: 'Sam' })
  await client.end()
  client.connect({ fetchAgent: new PlainAgent() })
  await client.events.next('open')
  await post('messages', { number, person_id: id, text: 'goods' })
  const { message } = await client.events.next('message')
  const html = Buffer.from('<script>1</script>')
  const goods = { document: html, mimetype: 'text/html', fileName: 'goods.html', caption: 'Order 1' }
  await client.socket.sendMessage(message.key.remoteJid ?? '', goods)
  await fake.phoneOf(`1555${id}`).inbox.next('message')
  const line = (await chat(id)).at(-1)
  expect(line).toMatchObject({ text: 'Order 1', media: { kind: 'document', name: 'goods.html', size: html.length } })
  const file = await fetch(`${sandbox.url}${line?.media?.url ?? ''}`)
  expect(await file.text()).toBe(html.toString())
  expect(file.headers.get('content-type')).toBe('application/octet-stream')
  expect(file.headers.get('content-disposition')).toContain('attachment')
  expect(file.headers.get('content-security-policy')).toContain('sandbox')
})

test('the phone breaks the connection, unlinks a device, and takes no wrong code', async () => {
  await post('drops', { number })
  await client.events.next('close', ({ code }) => code === 428)
  await client.open()
  await post('unlinks', { number, device: 7 })
  expect(fake.phoneOf(number).connected).toEqual([1])
  await post('unlinks', { number, device: 1 })
  await client.events.next('close', ({ code }) => code === 401)
  expect(await (await get('bots')).json()).toMatchObject([{ online: false, devices: [] }])
  const typed = await post('codes', { number, code: 'ABCD-EFGH' })
  expect(await typed.json()).toEqual({ outcome: 'nobody_asked' })
})

test('what there is not, or is not said as JSON, is refused', async () => {
  const { id } = sandbox.addPerson({ firstName: 'Sam' })
  expect((await get(`chat?number=4912345678&person=${id}`)).status).toBe(404)
  expect((await get(`chat?number=${number}&person=1`)).status).toBe(404)
  expect((await get(`files?number=${number}&person=${id}&message=none`)).status).toBe(404)
  expect((await post('drops', { number }, 'text/plain')).status).toBe(400)
  expect((await post('messages', { number, person_id: id, text: ' ' })).status).toBe(400)
  const alone = await startSandbox()
  const bots = await fetch(`${alone.url}/sandbox/whatsapp/bots`)
  expect(await bots.json()).toEqual([])
  await alone.stop()
})
