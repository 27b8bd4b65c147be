/**
 * Stands in for the generated code of WhatsApp's messages (WAProto/index.js of Baileys): the same names, bytes and
 * objects, from a description of a tenth of a megabyte instead of 4.4 megabytes of code, and of each kind of message only
 * when the first comes. `npm run test -- test/worker/whatsapp/proto.test.ts` holds the two against each other.
 */
import protobuf from 'protobufjs/minimal.js'

const { Reader, Writer, util } = protobuf
type ReaderLike = InstanceType<typeof Reader>
type WriterLike = InstanceType<typeof Writer>
type Fields = Record<string, unknown>

interface Field {
  readonly name: string
  readonly number: number
  /** A list, and one whose numbers follow one another without names. */
  readonly isList: boolean
  readonly isPacked: boolean
  /** Of a map: the kind of its keys. */
  readonly key: Kind | undefined
  readonly kind: Kind
}

/** A scalar by its letter, an enum, or a message. */
type Kind = { readonly letter: string; readonly line: number }

interface Message {
  new (given?: Fields): Fields
  create(given?: Fields): Fields
  encode(message: Fields, writer?: WriterLike): WriterLike
  decode(from: ReaderLike | Uint8Array, length?: number): Fields
  fromObject(given: Fields): Fields
  toObject(message: Fields, options?: Fields): Fields
}

/** Reader's and writer's methods, and their wire type, by letter. */
const scalars: Readonly<Record<string, readonly [method: string, wire: number]>> = {
  s: ['string', 2],
  y: ['bytes', 2],
  b: ['bool', 0],
  i: ['int32', 0],
  u: ['uint32', 0],
  l: ['int64', 0],
  v: ['uint64', 0],
  f: ['float', 5],
  d: ['double', 1],
  x: ['fixed32', 5],
  X: ['sfixed32', 5],
  q: ['fixed64', 1],
  Q: ['sfixed64', 1],
  z: ['sint32', 0],
  Z: ['sint64', 0],
  e: ['int32', 0],
}

/** The namespace of all messages, by their description (worker/lean/proto-words.ts). */
export function makeProto(words: string): Record<string, unknown> {
  const lines = words.split('\n')
  const names = lines.map((line) => line.slice(2, line.indexOf(' ', 2)))
  const made = new Map<number, unknown>()
  const root: Record<string, unknown> = {}
  const inside = new Map<string, number[]>()
  for (const [at, name] of names.entries()) {
    const parent = name.slice(0, Math.max(0, name.lastIndexOf('.')))
    const siblings = inside.get(parent)
    if (siblings === undefined) inside.set(parent, [at])
    else siblings.push(at)
  }

  function nest(name: string, into: object): void {
    for (const at of inside.get(name) ?? []) {
      const own = names[at] ?? ''
      const key = own.slice(own.lastIndexOf('.') + 1)
      Object.defineProperty(into, key, { enumerable: true, configurable: true, get: () => get(at) })
    }
  }

  function get(at: number): unknown {
    const known = made.get(at)
    if (known !== undefined) return known
    const line = lines[at] ?? ''
    const rest = line.slice(line.indexOf(' ', 2) + 1)
    const fresh = line.startsWith('E') ? makeEnum(rest) : makeMessage(names[at] ?? '', fieldsOf(rest), message)
    made.set(at, fresh)
    if (typeof fresh === 'function') nest(names[at] ?? '', fresh)
    return fresh
  }

  const message = (at: number): Message => get(at) as Message
  nest('', root)
  return root
}

/** Numbers by name; behind them names by number, which nobody sees who lists them. */
function makeEnum(words: string): Fields {
  const behind: Fields = {}
  const values = Object.create(behind) as Fields
  for (const word of words === '' ? [] : words.split(',')) {
    const [name = '', value = ''] = word.split('=')
    values[name] = Number(value)
    behind[value] ??= name
  }
  return values
}

function fieldsOf(words: string): Field[] {
  return (words === '' ? [] : words.split(',')).map((word) => {
    const parts = /^(\w+)=(\d+)([*#]?)(?:<(\w))?(\w)(\d*)$/.exec(word)
    if (parts === null) throw new Error('no description of a field')
    const [, name = '', number = '', list = '', key, letter = '', line = ''] = parts
    return {
      name,
      number: Number(number),
      isList: list !== '',
      isPacked: list === '#',
      key: key === undefined ? undefined : { letter: key, line: 0 },
      kind: { letter, line: Number(line) },
    }
  })
}

type Lookup = (line: number) => unknown

function makeMessage(name: string, fields: readonly Field[], lookup: (line: number) => Message): Message {
  const lists = fields.filter(({ isList }) => isList)
  const maps = fields.filter(({ key }) => key !== undefined)
  const byNumber = new Map(fields.map((field) => [field.number, field]))

  function Message(this: Fields, given?: Fields): void {
    for (const field of lists) this[field.name] = []
    for (const field of maps) this[field.name] = {}
    if (given) for (const key of Object.keys(given)) if (given[key] != null) this[key] = given[key]
  }
  for (const { name: key, isList, key: mapKey } of fields) {
    Message.prototype[key] = isList ? util.emptyArray : mapKey === undefined ? null : util.emptyObject
  }
  const make = Message as unknown as Message
  make.create = (given) => new make(given)
  make.encode = (message, writer = Writer.create()) => {
    for (const field of fields) {
      const value = message[field.name]
      if (value != null && Object.hasOwn(message, field.name)) encodeField(field, value, writer, lookup)
    }
    return writer
  }
  make.decode = (from, length) => {
    const reader = from instanceof Reader ? from : Reader.create(from)
    const end = length === undefined ? reader.len : reader.pos + length
    const message = new make()
    while (reader.pos < end) {
      const tag = reader.uint32()
      const field = byNumber.get(tag >>> 3)
      if (field === undefined) reader.skipType(tag & 7)
      else decodeField(field, message, { reader, wire: tag & 7, lookup })
    }
    return message
  }
  make.fromObject = (given) => {
    if (given instanceof make) return given
    const message = new make()
    for (const field of fields) {
      const value = given[field.name]
      if (value != null) fromPlain(field, value, { message, lookup, name })
    }
    return message
  }
  make.toObject = (message, options = {}) => {
    const plain: Fields = {}
    if (options['arrays'] || options['defaults']) for (const field of lists) plain[field.name] = []
    if (options['objects'] || options['defaults']) for (const field of maps) plain[field.name] = {}
    for (const field of fields) {
      const value = message[field.name]
      if (value != null && Object.hasOwn(message, field.name)) toPlain(field, value, { plain, lookup, options })
    }
    return plain
  }
  Message.prototype.toJSON = function toJSON(this: Fields) {
    return make.toObject(this, util.toJSONOptions as unknown as Fields)
  }
  return make
}

function tagOf(number: number, { letter }: Kind): number {
  return ((number << 3) | (letter === 'm' ? 2 : (scalars[letter]?.[1] ?? 0))) >>> 0
}

function encodeField(field: Field, value: unknown, writer: WriterLike, lookup: Lookup): void {
  const { number, kind, key } = field
  if (key !== undefined) {
    for (const [name, entry] of Object.entries(value as Fields)) {
      writer.uint32(((number << 3) | 2) >>> 0).fork()
      write(key, name, writer.uint32(tagOf(1, key)), lookup)
      write(kind, entry, writer.uint32(tagOf(2, kind)), lookup)
      writer.ldelim()
    }
  } else if (!field.isList) write(kind, value, writer.uint32(tagOf(number, kind)), lookup)
  else if ((value as unknown[]).length === 0) return
  else if (field.isPacked) {
    writer.uint32(((number << 3) | 2) >>> 0).fork()
    for (const one of value as unknown[]) write(kind, one, writer, lookup)
    writer.ldelim()
  } else for (const one of value as unknown[]) write(kind, one, writer.uint32(tagOf(number, kind)), lookup)
}

function write({ letter, line }: Kind, value: unknown, writer: WriterLike, lookup: Lookup): void {
  if (letter === 'm') {
    ;(lookup(line) as Message).encode(value as Fields, writer.fork()).ldelim()
    return
  }
  const method = scalars[letter]?.[0] ?? ''
  ;(writer as unknown as Record<string, (value: unknown) => void>)[method]?.(value)
}

function read({ letter, line }: Kind, reader: ReaderLike, lookup: Lookup): unknown {
  if (letter === 'm') return (lookup(line) as Message).decode(reader, reader.uint32())
  const method = scalars[letter]?.[0] ?? ''
  return (reader as unknown as Record<string, () => unknown>)[method]?.()
}

function decodeField(
  field: Field,
  message: Fields,
  { reader, wire, lookup }: { reader: ReaderLike; wire: number; lookup: Lookup },
): void {
  const { name, kind, key } = field
  if (key !== undefined) {
    const map = message[name] as Fields
    const end = reader.uint32() + reader.pos
    let at: unknown = key.letter === 's' ? '' : 0
    let value: unknown = null
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag >>> 3 === 1) at = read(key, reader, lookup)
      else if (tag >>> 3 === 2) value = read(kind, reader, lookup)
      else reader.skipType(tag & 7)
    }
    map[String(at)] = value ?? (kind.letter === 'm' ? new (lookup(kind.line) as Message)() : '')
  } else if (!field.isList) message[name] = read(kind, reader, lookup)
  else if (field.isPacked && wire === 2) {
    const end = reader.uint32() + reader.pos
    while (reader.pos < end) (message[name] as unknown[]).push(read(kind, reader, lookup))
  } else (message[name] as unknown[]).push(read(kind, reader, lookup))
}

interface FromPlain {
  readonly message: Fields
  readonly lookup: Lookup
  readonly name: string
}

function fromPlain(field: Field, value: unknown, { message, lookup, name }: FromPlain): void {
  const { kind, key } = field
  const where = `.proto.${name}.${field.name}`
  if (key !== undefined || kind.letter === 'm') {
    if (!field.isList && typeof value !== 'object') throw new TypeError(`${where}: object expected`)
  }
  if (key !== undefined) {
    const entries = Object.entries(value as Fields).map(([at, one]) => [at, readPlain(kind, one, lookup)] as const)
    message[field.name] = Object.fromEntries(entries)
    return
  }
  if (!field.isList) {
    const found = readPlain(kind, value, lookup)
    if (found !== undefined) message[field.name] = found
    return
  }
  if (!Array.isArray(value)) throw new TypeError(`${where}: array expected`)
  message[field.name] = value.map((one) => readPlain(kind, one, lookup) ?? 0)
}

/** Undefined for a name that the enum does not have. */
function readPlain({ letter, line }: Kind, value: unknown, lookup: Lookup): unknown {
  switch (letter) {
    case 'm':
      return (lookup(line) as Message).fromObject(value as Fields)
    case 'e':
      return typeof value === 'number' ? value : (lookup(line) as Fields)[String(value)]
    case 's':
      return String(value)
    case 'b':
      return Boolean(value)
    case 'y':
      return typeof value === 'string'
        ? decodeBase64(value)
        : (value as { length: number }).length >= 0
          ? value
          : undefined
    case 'i':
    case 'z':
    case 'X':
      return Number(value) | 0
    case 'u':
    case 'x':
      return Number(value) >>> 0
    case 'f':
    case 'd':
      return Number(value)
    default:
      return longOf(value, letter === 'v' || letter === 'q')
  }
}

function longOf(value: unknown, isUnsigned: boolean): unknown {
  const long = (util.Long as unknown as { fromValue(value: unknown): { unsigned: boolean } }).fromValue(value)
  long.unsigned = isUnsigned
  return long
}

interface ToPlain {
  readonly plain: Fields
  readonly lookup: Lookup
  readonly options: Fields
}

function toPlain(field: Field, value: unknown, { plain, lookup, options }: ToPlain): void {
  const { name, kind } = field
  if (field.key !== undefined) {
    const entries = Object.entries(value as Fields)
    if (entries.length === 0) return
    plain[name] = Object.fromEntries(entries.map(([at, one]) => [at, writePlain(kind, one, lookup, options)]))
  } else if (!field.isList) plain[name] = writePlain(kind, value, lookup, options)
  else if ((value as unknown[]).length > 0)
    plain[name] = (value as unknown[]).map((one) => writePlain(kind, one, lookup, options))
}

function writePlain({ letter, line }: Kind, value: unknown, lookup: Lookup, options: Fields): unknown {
  switch (letter) {
    case 'm':
      return (lookup(line) as Message).toObject(value as Fields, options)
    case 'e':
      return options['enums'] === String ? ((lookup(line) as Fields)[String(value)] ?? value) : value
    case 'y':
      return writeBytes(value as Uint8Array, options)
    case 'f':
    case 'd':
      return options['json'] && !Number.isFinite(value) ? String(value) : value
    case 'l':
    case 'v':
    case 'q':
    case 'Q':
    case 'Z':
      return writeLong(value, letter === 'v' || letter === 'q', options)
    default:
      return value
  }
}

function writeBytes(value: Uint8Array, options: Fields): unknown {
  if (options['bytes'] === String) return util.base64.encode(value, 0, value.length)
  return options['bytes'] === Array ? Array.from(value) : value
}

function writeLong(value: unknown, isUnsigned: boolean, options: Fields): unknown {
  const wanted = options['longs']
  if (typeof value === 'number') return wanted === String ? String(value) : value
  if (wanted !== String && wanted !== Number) return value
  if (typeof value === 'string') return wanted === String ? value : Number(value)
  const { low, high } = value as { low: number; high: number }
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  const whole = !isUnsigned && high < 0 ? bits - (1n << 64n) : bits
  return wanted === String ? whole.toString() : Number(whole)
}

function decodeBase64(text: string): Uint8Array {
  const bytes = util.newBuffer(util.base64.length(text))
  util.base64.decode(text, bytes, 0)
  return bytes
}
