/** A gateway that is away, or slow: the bot says so once, and the answer takes that place when it is there. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LoneWorkerRig } from '../../support/lone-worker.ts'
import { granting } from '../../support/stand-in-gateway.ts'

let rig: LoneWorkerRig
let away: Promise<void>
let comeBack: () => void
let ann: number

beforeEach(async () => {
  away = new Promise((resolve) => {
    comeBack = resolve
  })
  rig = await LoneWorkerRig.start(
    () => granting(30_000),
    (path) => (path === '/v1/arrive' ? away : Promise.resolve()),
  )
  ann = rig.sandbox.addPerson({ firstName: 'Ann', languageCode: 'ru' }).id
  rig.name(rig.spawn())
})
afterEach(async () => {
  comeBack()
  await rig.stop()
})

const answers = () => rig.sandbox.chat(rig.bot.id, ann).filter(({ from }) => from === 'bot')
const say = (text: string) => rig.sandbox.sendText({ personId: ann, botId: rig.bot.id, text })
const busy = 'Минутку, я сейчас занят. Ответ придёт сам.'

test('it is said once in the language of the person, and every message is answered when the gateway is back', async () => {
  say('/id')
  say('/language')
  await vi.waitFor(() => expect(answers().map(({ text }) => text)).toEqual([busy]), { timeout: 20_000 })
  comeBack()
  await vi.waitFor(() => expect(answers()).toHaveLength(2), { timeout: 20_000 })
  expect(answers().map(({ edited }) => edited)).toEqual([true, false])
  expect(answers().map(({ text }) => text)).toEqual([
    expect.stringContaining('Ваш ID'),
    expect.stringContaining('язык'),
  ])
})

test('a gateway that answers in time is not spoken of', async () => {
  comeBack()
  say('/id')
  await vi.waitFor(() => expect(answers()).toHaveLength(1), { timeout: 20_000 })
  expect(answers()[0]).toMatchObject({ edited: false })
})
