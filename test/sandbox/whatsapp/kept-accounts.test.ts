/** A fake server that keeps its accounts in a file: the next one is the same service to devices and phones. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { WhatsAppClient } from '../../support/whatsapp-client.ts'

const number = '989121234567'
let folder: string
let keptIn: string
let fake: FakeWhatsApp
let client: WhatsAppClient | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'botfleet-kept-'))
  keptIn = join(folder, 'whatsapp.json')
  fake = await startFakeWhatsApp({ keptIn })
})
afterEach(async () => {
  await client?.end()
  client = undefined
  await fake.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('a linked device logs in at the next server, and its chats go on both ways under the keys of before', async () => {
  client = new WhatsAppClient(fake.url)
  await client.link(fake, number)
  const sara = fake.addPerson({ name: 'Sara', number: '4915112345' })
  await sara.write(number, 'hello')
  await client.events.next('message')
  await client.socket.sendMessage(`${sara.lid}@lid`, { text: 'welcome' })
  await sara.inbox.next('message')
  const port = Number(new URL(fake.url).port)
  await fake.stop()
  expect(statSync(keptIn).mode & 0o777).toBe(0o600)

  fake = await startFakeWhatsApp({ keptIn, port })
  await client.events.next('close')
  await client.open()
  expect(fake.events.count('login_refused')).toBe(0)
  const known = fake.phoneOf(sara.number)
  expect([known.name, known.lid, fake.phoneOf(number).connected]).toEqual(['Sara', sara.lid, [1]])
  expect(known.chatWith(number)).toEqual([])
  await client.socket.sendMessage(`${sara.lid}@lid`, { text: 'are you there?' })
  expect(await known.inbox.next('message')).toMatchObject({ text: 'are you there?', retries: 0 })
  await known.write(number, 'yes')
  expect(await client.events.next('message')).toMatchObject({ text: 'yes' })
})

test('a device that was unlinked stays unlinked, and another one gets another number', async () => {
  client = new WhatsAppClient(fake.url)
  await client.link(fake, number)
  fake.phoneOf(number).unlink()
  await client.events.next('close', ({ code }) => code === 401)
  await fake.stop()
  fake = await startFakeWhatsApp({ keptIn })
  expect([fake.phoneOf(number).devices, fake.phoneOf(number).hadCompanion]).toEqual([[], true])
  client = new WhatsAppClient(fake.url)
  await client.link(fake, number)
  expect(fake.phoneOf(number).devices).toEqual([2])
})

test('a file that says something else is as none', async () => {
  await fake.stop()
  for (const text of ['{', '{"accounts":1}']) {
    writeFileSync(keptIn, text)
    fake = await startFakeWhatsApp({ keptIn })
    expect(fake.phones()).toEqual([])
    await fake.stop()
    expect(readFileSync(keptIn, 'utf8')).toBe('[]')
  }
})
