/** The controls over HTTP, as other processes and the page use them, and who may not use them. */
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/start-sandbox.ts'
import { BotClient, type Json } from './bot-client.ts'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await startSandbox()
})
afterEach(() => sandbox.stop())

async function control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const headers = { 'content-type': 'application/json' }
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) }
  const response = await fetch(`${sandbox.url}/sandbox/${path}`, init)
  return { status: response.status, body: (await response.json()) as Json }
}

const idOf = (body: Json) => body['id'] as unknown as number

async function botAndPerson(): Promise<{ client: BotClient; subject: { bot_id: number; person_id: number } }> {
  const made = (await control('POST', 'bots', { name: 'Shop', username: 'shop_bot' })).body
  const person = (await control('POST', 'people', { first_name: 'Ann', language_code: 'en' })).body
  const bot = { id: idOf(made), token: made['token'] as unknown as string, username: 'shop_bot' }
  return { client: new BotClient(sandbox, bot), subject: { bot_id: bot.id, person_id: idOf(person) } }
}

test('another process makes a bot and a person, and they talk', async () => {
  const { client, subject } = await botAndPerson()
  const said = await control('POST', 'messages', { ...subject, text: '/start', date: 1_700_000_000 })
  expect(said).toMatchObject({ status: 200, body: { message_id: 1, update_id: expect.any(Number) } })
  const [update] = await client.updates()
  expect(update).toMatchObject({ message: { text: '/start', date: 1_700_000_000 } })
  await client.call('sendMessage', {
    chat_id: subject.person_id,
    text: 'Choose',
    reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'yes' }]] },
  })
  await control('POST', 'presses', { ...subject, message_id: 2, data: 'yes' })
  await control('POST', 'blocks', { ...subject, blocked: true })
  await control('POST', 'groups', { ...subject, text: 'hi', title: 'Friends' })
  const kinds = (await client.updates()).map((one) => Object.keys(one)[1])
  expect(kinds).toEqual(['message', 'callback_query', 'my_chat_member', 'message'])
  const chat = await control('GET', `chat?bot=${subject.bot_id}&person=${subject.person_id}`)
  expect(chat.body).toMatchObject({ begun: true, blocked: true, messages: [{ text: '/start' }, { text: 'Choose' }] })
})

test('the list of bots has no tokens in it', async () => {
  const { client } = await botAndPerson()
  const { body } = await control('GET', 'bots')
  expect(body).toMatchObject([{ id: client.bot.id, name: 'Shop', username: 'shop_bot', polling: false }])
  expect(JSON.stringify(body)).not.toContain(client.bot.token)
})

test('a file comes as a form and is fetched by its address', async () => {
  const { subject } = await botAndPerson()
  const form = new FormData()
  for (const [name, value] of Object.entries(subject)) form.set(name, String(value))
  form.set('file', new Blob(['<script>alert(1)</script>'], { type: 'text/html' }), 'page.html')
  const sent = await fetch(`${sandbox.url}/sandbox/uploads`, { method: 'POST', body: form })
  expect(sent.status).toBe(200)
  const { body } = await control('GET', `chat?bot=${subject.bot_id}&person=${subject.person_id}`)
  const address = body['messages']?.[0]?.['media']?.['url'] as unknown as string
  const file = await fetch(sandbox.url + address)
  expect(file.headers.get('content-type')).toBe('application/octet-stream')
  expect(file.headers.get('content-disposition')).toMatch(/^attachment/)
  expect(file.headers.get('x-content-type-options')).toBe('nosniff')
})

test('reading a chat may wait for the next message', async () => {
  const { client, subject } = await botAndPerson()
  await control('POST', 'messages', { ...subject, text: '/start' })
  const path = `chat?bot=${subject.bot_id}&person=${subject.person_id}&after=1&wait=20`
  const waiting = control('GET', path)
  await client.call('sendMessage', { chat_id: subject.person_id, text: 'hello' })
  expect((await waiting).body['messages']).toMatchObject([{ message_id: 2, text: 'hello' }])
})

test('faults are planted, listed and cleared, and a wrong one is refused with what is wrong', async () => {
  const { client } = await botAndPerson()
  await control('POST', 'faults', { kind: 'status', status: 503, method: 'getMe', bot_id: client.bot.id, times: 3 })
  expect((await client.call('getMe')).status).toBe(503)
  expect((await control('GET', 'faults')).body).toMatchObject([{ left: 2, fault: { kind: 'status', status: 503 } }])
  await control('DELETE', 'faults')
  expect((await client.call('getMe')).status).toBe(200)
  const wrong = [
    [{ kind: 'nonsense' }, /kind is one of/],
    [{ kind: 'status', status: 200 }, /status is a whole number from 400 to 599/],
    [{ kind: 'delay' }, /delayMs is a whole number/],
    [{ kind: 'malformed', times: 0 }, /times is a whole number from 1/],
  ] as const
  for (const [fault, why] of wrong) {
    const { status, body } = await control('POST', 'faults', fault)
    expect([status, body['error']]).toEqual([400, expect.stringMatching(why)])
  }
  expect(sandbox.faultsLeft()).toBe(0)
})

test('the audit is read by bot and by kind', async () => {
  const { client, subject } = await botAndPerson()
  await control('POST', 'messages', { ...subject, text: '/start' })
  await client.updates()
  await client.call('sendMessage', { chat_id: subject.person_id, text: 'hello' })
  await client.call('sendMessage', { chat_id: 1, text: 'nobody' })
  const { body } = await control('GET', `audit?bot=${client.bot.id}`)
  const kinds = (body as unknown as { kind: string; atMs: number }[]).map(({ kind }) => kind)
  expect(kinds).toEqual(['queued', 'polled', 'delivered', 'sent', 'refused'])
  expect((await control('GET', 'audit?kind=sent')).body).toMatchObject([{ text: 'hello', chatId: subject.person_id }])
})

test('changes stream to whoever listens', async () => {
  const gone = new AbortController()
  const response = await fetch(`${sandbox.url}/sandbox/events`, { signal: gone.signal })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const { subject } = await botAndPerson()
  await control('POST', 'messages', { ...subject, text: '/start' })
  let text = ''
  while (!text.includes(`"chatId":${subject.person_id}`)) text += (await reader?.read())?.value ?? ''
  expect(text).toContain(`data: {"botId":${subject.bot_id},"chatId":${subject.person_id}}`)
  gone.abort()
})

test('a revoked token ends, over HTTP too', async () => {
  const { client } = await botAndPerson()
  await control('POST', 'revocations', { bot_id: client.bot.id })
  expect(await client.refusal('getMe')).toBe('401 Unauthorized')
})

describe('what makes no sense is refused with a reason', () => {
  test.each([
    ['POST', 'people', {}, 400, 'first_name is missing'],
    ['POST', 'bots', { name: 'x', token: 'no token' }, 400, 'a bot token is digits, a colon and a secret: 1001:secret'],
    ['POST', 'messages', { person_id: 1, bot_id: 2, text: 'x' }, 404, 'no person 1'],
    ['POST', 'messages', { person_id: 'x', bot_id: 2 }, 400, 'person_id is a whole number'],
    ['POST', 'messages', { bot_id: 2 }, 400, 'person_id is missing'],
    ['POST', 'nonsense', {}, 404, 'no such control: POST nonsense'],
    ['POST', 'constructor', {}, 404, 'no such control: POST constructor'],
    ['GET', 'chat?bot=1&person=2', undefined, 404, 'no such bot or person'],
    ['GET', 'files/made-up', undefined, 404, 'no such file'],
  ])('%s %s %j', async (method, path, body, status, error) => {
    const answer = await control(method, path, body)
    expect([answer.status, answer.body['error']]).toEqual([status, error])
  })

  test('a body that is no JSON, or says it is something else', async () => {
    const url = `${sandbox.url}/sandbox/people`
    const broken = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{oops' }
    expect((await fetch(url, broken)).status).toBe(400)
    expect((await fetch(url, { method: 'POST', body: new URLSearchParams({ first_name: 'Eve' }) })).status).toBe(400)
    expect((await control('GET', 'people')).body).toEqual([])
  })
})

describe('a page from elsewhere does not drive the sandbox', () => {
  /** fetch would not let us lie about the host. */
  function raw(path: string, headers: Record<string, string>, method = 'GET'): Promise<number | undefined> {
    const { port } = new URL(sandbox.url)
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject).end()
    })
  }

  test('by a name of its own that resolves to this machine', async () => {
    const { port, host } = new URL(sandbox.url)
    expect(await raw('/sandbox/people', { host: `evil.example:${port}` })).toBe(403)
    expect(await raw('/sandbox/people', { host: '127.0.0.1.evil.example' })).toBe(403)
    expect(await raw('/', { host: `evil.example:${port}` })).toBe(403)
    expect(await raw('/sandbox/people', { host })).toBe(200)
    expect(await raw('/sandbox/people', { host: `localhost:${port}` })).toBe(200)
  })

  test('by a request from its own origin', async () => {
    const { host, origin } = new URL(sandbox.url)
    for (const foreign of ['http://evil.example', 'null', 'http://127.0.0.1:1', `https://${host}`]) {
      expect(await raw('/sandbox/people', { host, origin: foreign })).toBe(403)
    }
    expect(await raw('/sandbox/people', { host, origin })).toBe(200)
  })

  test('by an image, a script or a frame, though a link may open the page', async () => {
    const { client } = await botAndPerson()
    const { host } = new URL(sandbox.url)
    const foreign = { host, 'sec-fetch-site': 'cross-site' }
    const image = { ...foreign, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }
    expect(await raw(`/bot${client.bot.token}/getMe`, image)).toBe(403)
    expect(await raw('/sandbox/people', image)).toBe(403)
    expect(await raw('/', { ...foreign, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' })).toBe(403)
    const link = { ...foreign, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect(await raw('/?bot=shop_bot&start=x', link)).toBe(200)
    expect(await raw('/sandbox/people', link)).toBe(403)
  })

  test('nor does it get the page into a frame, or a script into the page', async () => {
    const page = await fetch(sandbox.url)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(await page.text()).not.toMatch(/<script>|\son\w+=|style=/)
  })

  test('and it listens on this machine only', async () => {
    expect(new URL(sandbox.url).hostname).toBe('127.0.0.1')
    expect(await raw('/page/../../package.json', { host: new URL(sandbox.url).host })).toBe(404)
    expect(await raw('/%2e%2e/package.json', { host: new URL(sandbox.url).host })).toBe(404)
    expect(await raw('/botx%E0%A4%A/getMe', { host: new URL(sandbox.url).host })).toBe(401)
  })
})
