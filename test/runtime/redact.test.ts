import { expect, test } from 'vitest'
import { createLog } from '../../runtime/log.ts'

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
  ['in an error that carries a client', { error: Object.assign(new Error('failed'), { client: { secret: canary } }) }],
] as const)('a secret %s does not reach the log', ([, fields]) => {
  const line = lineOf((log) => log.info(fields, 'something happened'))
  expect(line).toContain('something happened')
  expect(line).not.toContain(canary)
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
