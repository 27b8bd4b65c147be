import pg from 'pg'
import { Telegraf } from 'telegraf'
import { expect, test } from 'vitest'
import { createLog } from '../../runtime/log.ts'
import { redactText } from '../../runtime/redact.ts'

const canary = 'AAcanary-secret-for-tests_123'

function lineOf(log: (to: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = []
  log(createLog({ level: 'trace', name: 'test', write: (line) => void lines.push(line) }))
  return lines.join('')
}

test.for([
  ['at the top', { token: canary }],
  ['nested', { deep: { a: { token: canary } } }],
  ['in an array', { list: [{ token: canary }] }],
  ['deeper than any path', { a: { b: { c: { d: { credential: canary } } } } }],
  ['in a Bot API URL', { url: `https://api.telegram.org/bot12345:${canary}/getMe` }],
  ['as a bare bot token', { text: `token is 12345:${canary}` }],
  ['in a database URL', { url: `postgres://user:${canary}@127.0.0.1:5432/x` }],
  ['in a header', { headers: `Authorization: Bearer ${canary}` }],
  ['in a query', { url: `/x?token=${canary}&y=1` }],
  ['in JSON inside a text', { text: JSON.stringify({ api_hash: canary }) }],
  [
    'in an error',
    { error: new Error(`fetch of /bot12345:${canary}/ failed`, { cause: new Error(`12345:${canary}`) }) },
  ],
  ['in a name with a prefix', { botToken: canary, worker_token: canary, PGPASSWORD: canary }],
  ['in an encoded URL', { url: `https://x/bot12345%3A${canary}/getMe` }],
  ['with an @ in it', { url: `postgres://user:${canary}@${canary}@127.0.0.1/x` }],
  ['as an object', { credential: { value: canary } }],
  ['as an API token', { text: `asked with bfl_abcdefgh_${canary.padEnd(43, 'x')} twice` }],
  ['as the secret of an authenticator', { uri: `otpauth://totp/x:ann?secret=${canary}&issuer=x` }],
  ['in an error directly', new Error(`postgres://user:${canary}@host/db refused`)],
  ['in an error under another name', { cause: Object.assign(new Error('failed'), { config: { x: canary } }) }],
  ['in an error of several', { error: new AggregateError([new Error(`token=${canary}`)], 'all failed') }],
  ['in a map', { map: new Map([['x', canary]]) }],
  ['in a null object', { headers: Object.assign(Object.create(null) as object, { 'x-worker-token': canary }) }],
  ['in a client of a class', { bot: new Telegraf(`12345:${canary}`) }],
  ['in a pool', { pool: new pg.Pool({ connectionString: `postgres://user:${canary}@127.0.0.1/x` }) }],
  [
    'in an object of a class, under any name',
    {
      holder: new (class Holder {
        readonly x = canary
      })(),
    },
  ],
  ['in a client within an array', { list: [{ bots: [new Telegraf(`12345:${canary}`)] }] }],
  ['in an error that carries a client', { error: Object.assign(new Error('failed'), { client: { secret: canary } }) }],
] as const)('a secret %s does not reach the log', ([, fields]) => {
  const line = lineOf((log) => log.info(fields, 'something happened'))
  expect(line).toContain('something happened')
  expect(line).not.toContain(canary)
})

test('a child log redacts what it is bound to', () => {
  const line = lineOf((log) => log.child({ bot: 7, token: canary, deep: { credential: canary } }).info('hello'))
  expect(JSON.parse(line)).toMatchObject({ bot: 7, token: '[redacted]', deep: { credential: '[redacted]' } })
})

test('addresses of WhatsApp, which are phone numbers, do not reach the log', () => {
  const error = new Error('no session with 4915112345678:12@s.whatsapp.net, nor 4915112345678_1.12@lid')
  const line = lineOf((log) => log.error({ error, to: '4915112345678@c.us' }, '1203630@g.us is left alone'))
  expect(line).not.toContain('4915112345678')
  expect(line).toContain('no session with [number]@s.whatsapp.net, nor [number]@lid')
  expect(line).toContain('1203630@g.us')
})

test('bytes are counted and not printed', () => {
  const line = lineOf((log) =>
    log.info({ privKey: Buffer.from(canary), body: Buffer.from(canary) }, JSON.stringify({ x: Buffer.from(canary) })),
  )
  expect(JSON.parse(line)).toMatchObject({
    privKey: '[redacted]',
    body: `[${canary.length} bytes]`,
    msg: '{"x":"[bytes]"}',
  })
  expect(line).not.toContain([...Buffer.from(canary)].join(','))
})

test('what is no secret stays as it is', () => {
  const fields = {
    at_ms: 5,
    ok: true,
    none: null,
    token: null,
    list: [1, 'two'],
    deep: { error: 'x' },
    big: 7n,
    url: new URL('http://h/p'),
  }
  const line = lineOf((log) => log.info({ ...fields, when: new Date(0) }, 'Password: wrong'))
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    name: 'test',
    at: expect.any(String),
    msg: 'Password: wrong',
    ...fields,
    big: '7',
    url: 'http://h/p',
    when: '1970-01-01T00:00:00.000Z',
  })
})

test('an error keeps its words, its code and its causes', () => {
  const error = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNRESET' }) })
  const line = lineOf((log) => log.error({ error }, 'failed'))
  expect(JSON.parse(line)).toMatchObject({
    error: {
      type: 'Error',
      message: 'outer',
      stack: expect.any(String),
      cause: { message: 'inner', code: 'ECONNRESET' },
    },
  })
})

test('what refers to itself, or goes very deep, is logged in part', () => {
  const loop: Record<string, unknown> = { name: 'loop' }
  loop['self'] = loop
  const error = new Error('loop')
  error.cause = error
  expect(lineOf((log) => log.info({ loop, error }, 'still said'))).toContain('still said')
})

test('a value that cannot be read costs its fields and not the program', () => {
  const poisonous = {
    get field() {
      throw new Error('poison')
    },
  }
  expect(lineOf((log) => log.info({ deep: poisonous }, 'still said'))).toContain('still said')
})

test('a hostile line takes no time', () => {
  const hostile = ['a-', 'a://b:', '\\', '{"type":"Buffer","data":[', '"token', 'token ', '1234:', 'Bearer '].map(
    (part) => part.repeat(100_000),
  )
  const startedAt = performance.now()
  for (const text of hostile) redactText(text)
  expect(performance.now() - startedAt).toBeLessThan(5000)
})

test('a sentence with the word token stays readable', () => {
  const line = lineOf((log) => log.warn('Telegram refuses the token: get a new one from BotFather'))
  expect(line).toContain('the token: get a new one')
})

test('a sink that cannot write loses the line and nothing else', () => {
  const log = createLog({
    level: 'info',
    name: 'test',
    write: () => {
      throw new Error('ENOSPC')
    },
  })
  expect(() => log.info('lost')).not.toThrow()
})
