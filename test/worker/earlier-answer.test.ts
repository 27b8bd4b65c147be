import { TelegramError } from 'telegraf'
import { expect, test } from 'vitest'
import { findEarlierAnswer } from '../../worker/telegram/earlier-answer.ts'

/** Makes messages of a chat the answer, as Telegram would; `texts` are the bot's own, by id. */
function editorOf(texts: Map<number, string>): (messageId: number) => Promise<void> {
  return async (messageId) => {
    const text = texts.get(messageId)
    const refused = text === undefined ? 'message to edit not found' : 'message is not modified'
    if (text === undefined || text === 'answer') throw new TelegramError({ error_code: 400, description: refused })
    texts.set(messageId, 'answer')
  }
}

const anywhere = { after: 0, highest: 0, skip: () => false }

test('the first of several attempts is looked for first: what a later one has said meanwhile is not made a second answer', async () => {
  const texts = new Map([
    [12, 'answer'],
    [31, 'I am busy'],
  ])
  expect(await findEarlierAnswer(['10', '30'], anywhere, editorOf(texts))).toEqual({ id: 12, others: [] })
  expect(texts.get(31)).toBe('I am busy')
})

test('an attempt whose answer lies out of the first one’s reach is looked for, too', async () => {
  const texts = new Map([[55, 'answer']])
  expect(await findEarlierAnswer(['10', '50'], anywhere, editorOf(texts))).toEqual({ id: 55, others: [] })
  expect(await findEarlierAnswer(['10'], anywhere, editorOf(texts))).toBeUndefined()
})

test('an answer that had to wait for its send is looked for as far as the counter has come since, within a hundred', async () => {
  const texts = new Map([[55, 'answer']])
  const known = (highest: number) => findEarlierAnswer(['10'], { ...anywhere, highest }, editorOf(texts))
  expect(await known(54)).toBeUndefined()
  expect(await known(55)).toMatchObject({ id: 55 })
  expect(await known(5000)).toMatchObject({ id: 55 })
  expect(
    await findEarlierAnswer(['10'], { ...anywhere, highest: 5000 }, editorOf(new Map([[111, 'answer']]))),
  ).toBeUndefined()
})

test('a message that could be made the answer is not it where another one is the answer already', async () => {
  const texts = new Map([
    [12, 'I am busy'],
    [15, 'answer'],
    [17, 'something else'],
  ])
  expect(await findEarlierAnswer(['10'], anywhere, editorOf(texts))).toEqual({ id: 15, others: [12] })
  expect(texts.get(17)).toBe('something else')
})

test('of several that could be made the answer the first is it, since its buttons may have differed', async () => {
  const texts = new Map([
    [12, 'answer with a button of another number'],
    [31, 'I am busy'],
  ])
  expect(await findEarlierAnswer(['10', '30'], anywhere, editorOf(texts))).toEqual({ id: 12, others: [31] })
})
