import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Sandbox, type SandboxPerson, startSandbox } from '../../sandbox/start-sandbox.ts'
import { BotClient } from './bot-client.ts'

let sandbox: Sandbox
let client: BotClient
let ann: SandboxPerson
let server: Server
let hook: string
/** What the webhook got, and what it answers next. */
let posted: { text: string; secret: string | undefined }[]
let answers: number[]

beforeEach(async () => {
  sandbox = await startSandbox()
  client = new BotClient(sandbox, sandbox.createBot({ name: 'Shop', username: 'shop_bot' }))
  ann = sandbox.person('Ann')
  posted = []
  answers = []
  server = createServer((request, response) => void take(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})
afterEach(async () => {
  await sandbox.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { message } = (await json(request)) as { message: { text: string } }
  posted.push({ text: message.text, secret: request.headers['x-telegram-bot-api-secret-token'] as string | undefined })
  response.writeHead(answers.shift() ?? 200).end()
}

const say = (text: string) => ann.in(client.bot).say(text)
const texts = () => posted.map(({ text }) => text)

test('updates go to a webhook on this machine, in order, once, with its secret', async () => {
  say('waited')
  await client.call('setWebhook', { url: hook, secret_token: 'a-secret' })
  for (const text of ['one', 'two', 'three']) say(text)
  await vi.waitFor(() => expect(texts()).toEqual(['waited', 'one', 'two', 'three']))
  expect(new Set(posted.map(({ secret }) => secret))).toEqual(new Set(['a-secret']))
  expect((await client.call('getWebhookInfo')).result).toMatchObject({ url: hook, pending_update_count: 0 })
})

test('an update that is not taken is posted again, before any later one', async () => {
  answers = [500]
  await client.call('setWebhook', { url: hook })
  say('one')
  say('two')
  await vi.waitFor(() => expect(texts()).toEqual(['one']))
  await vi.waitFor(async () =>
    expect((await client.call('getWebhookInfo')).result).toMatchObject({
      pending_update_count: 2,
      last_error_message: expect.stringContaining('Wrong response from the webhook: 500'),
    }),
  )
  await vi.waitFor(() => expect(texts()).toEqual(['one', 'one', 'two']), { timeout: 5000 })
})

test('while a webhook is set nobody polls, and setting one ends an open poll', async () => {
  const poll = client.call('getUpdates', { timeout: 30 })
  await vi.waitFor(() => expect(sandbox.isPolling(client.bot.id)).toBe(true))
  await client.call('setWebhook', { url: 'https://shop.example/hook' })
  expect(await poll).toMatchObject({ status: 409, description: 'Conflict: terminated by setWebhook request' })
  expect(await client.refusal('getUpdates')).toBe(
    "409 Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  )
  say('kept')
  expect((await client.call('deleteWebhook')).result).toBe(true)
  expect(await client.updates()).toMatchObject([{ message: { text: 'kept' } }])
})

test('a webhook elsewhere is stored and shown, and never called', async () => {
  await client.call('setWebhook', { url: 'https://shop.example/hook', max_connections: 7 })
  say('waits')
  expect((await client.call('getWebhookInfo')).result).toMatchObject({
    url: 'https://shop.example/hook',
    max_connections: 7,
    pending_update_count: 1,
  })
  expect(sandbox.audit.filter(({ kind }) => kind === 'posted')).toEqual([])
})

test('deleting a webhook may drop what waits, and what was under way stays deleted', async () => {
  answers = [500, 500, 500]
  await client.call('setWebhook', { url: hook })
  say('one')
  await vi.waitFor(() => expect(posted).toHaveLength(1))
  await client.call('deleteWebhook', { drop_pending_updates: true })
  expect((await client.call('getWebhookInfo')).result).toMatchObject({ url: '', pending_update_count: 0 })
  expect(await client.updates()).toEqual([])
})

test.each([
  [{ url: 'nonsense' }, 'invalid webhook URL specified'],
  [{ url: 'http://shop.example/hook' }, 'bad webhook: An HTTPS URL must be provided for webhook'],
  [{ url: 'https://shop.example', secret_token: 'not allowed!' }, 'secret token contains unallowed characters'],
])('the webhook %j is refused', async (values, why) => {
  expect(await client.refusal('setWebhook', values)).toBe(`400 Bad Request: ${why}`)
})
