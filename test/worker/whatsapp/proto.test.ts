/** Our description of WhatsApp's messages against the code that Baileys has generated of them. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { proto as generated } from '@whiskeysockets/baileys/WAProto/index.js'
import { expect, test } from 'vitest'
import { protoWords } from '../../../worker/lean/proto-words.ts'
import { makeProto } from '../../../worker/shims/proto.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

interface Message {
  fromObject(given: object): object
  toObject(given: object, options: object): object
  create(given: object): object
  encode(given: object): { finish(): Uint8Array }
  decode(bytes: Uint8Array): { toJSON(): unknown }
}

const path = createRequire(import.meta.url).resolve('@whiskeysockets/baileys/WAProto/WAProto.proto')
const words = protoWords(readFileSync(path, 'utf8'))
const lines = words.split('\n')
const ours = makeProto(words)
const names = lines.map((line) => line.split(' ')[1] ?? '')

function at(root: unknown, name: string): unknown {
  return name.split('.').reduce((found, part) => (found as Record<string, unknown>)[part], root)
}

test('every enum has the same names and numbers', () => {
  const enums = names.filter((_, line) => lines[line]?.startsWith('E'))
  expect(enums.length).toBeGreaterThan(170)
  for (const name of enums) expect([name, at(ours, name)]).toEqual([name, at(generated, name)])
})

function below(random: SeededRandom, most: number): number {
  return Math.floor(random.between(0, most))
}

/** A message with some of its fields; deeper ones have fewer. */
function someObject(line: number, random: SeededRandom, depth = 0): Record<string, unknown> {
  const fields = (lines[line]?.split(' ')[2] ?? '').split(',').filter((field) => field !== '')
  const object: Record<string, unknown> = {}
  for (const field of fields) {
    const [, name = '', list = '', key, letter = '', reference = ''] =
      /^(\w+)=\d+([*#]?)(?:<(\w))?(\w)(\d*)$/.exec(field) ?? []
    if (below(random, 100) >= (depth === 0 ? 80 : 25) || (letter === 'm' && depth >= 3)) continue
    const one = () => someValue(letter, Number(reference), random, depth)
    if (key !== undefined) object[name] = Object.fromEntries([1, 2].map((number) => [number, one()]))
    else object[name] = list === '' ? one() : Array.from({ length: below(random, 4) }, one)
  }
  return object
}

function someValue(letter: string, line: number, random: SeededRandom, depth: number): unknown {
  switch (letter) {
    case 'm':
      return someObject(line, random, depth + 1)
    case 'e': {
      const values = Object.values(at(generated, names[line] ?? '') as object)
      return values[below(random, values.length)]
    }
    case 's':
      return 'a text, \u{1f600} سلام'.slice(0, below(random, 16))
    case 'y':
      return Buffer.from(Array.from({ length: below(random, 20) }, () => below(random, 256)))
    case 'b':
      return below(random, 2) === 1
    case 'f':
    case 'd':
      return below(random, 1000) / 8
    case 'i':
    case 'z':
    case 'X':
    case 'l':
    case 'Q':
    case 'Z':
      return below(random, 2 ** 31) - 2 ** 30
    default:
      return below(random, 2 ** 31)
  }
}

test('every message is written and read as the generated code does it, and shown the same', () => {
  const random = new SeededRandom(5)
  const messages = [...names.keys()].filter((line) => lines[line]?.startsWith('M'))
  expect(messages.length).toBeGreaterThan(490)
  for (const line of messages) {
    const name = names[line] ?? ''
    const [mine, theirs] = [at(ours, name), at(generated, name)] as [Message, Message]
    for (let round = 0; round < 4; round += 1) {
      const object = someObject(line, random)
      const bytes = Buffer.from(theirs.encode(theirs.fromObject(object)).finish())
      expect([name, Buffer.from(mine.encode(mine.fromObject(object)).finish()).equals(bytes)]).toEqual([name, true])
      const [read, expected] = [mine.decode(bytes), theirs.decode(bytes)]
      expect([name, JSON.stringify(read)]).toEqual([name, JSON.stringify(expected)])
      expect([name, Object.keys(read)]).toEqual([name, Object.keys(expected)])
      const created = [mine.encode(mine.create(object)).finish(), theirs.encode(theirs.create(object)).finish()]
      expect([name, Buffer.from(created[0] ?? [])]).toEqual([name, Buffer.from(created[1] ?? [])])
    }
  }
})

test('fields of a later version are passed over', () => {
  const Wide = at(ours, 'Message') as Message
  const bytes = Buffer.concat([Buffer.from([0xfa, 0xff, 0x03, 2, 1, 2]), Wide.encode({ conversation: 'x' }).finish()])
  expect(Wide.decode(bytes).toJSON()).toEqual({ conversation: 'x' })
})
