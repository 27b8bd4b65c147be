/** Requests as nobody should send them: what fits a route's description, and what is then done to it. */
import fc from 'fast-check'
import type { Operation } from './api-document.ts'
import { type Making, valuesOf } from './schema-values.ts'

/** A request as text, for a client that sends it as it is. */
export interface OddRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

const oddTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff\ud800x',
  '\u202egnihton\u2066',
  '\u0661\u0662',
  'İ',
  '\n',
  '\r\nX-Injected: yes',
  `'; drop table instance; --`,
  `1' or '1'='1`,
  '$1',
  '%',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'NaN',
  '-0',
  '1e3',
  '0x10',
  '-1',
  '00001',
  '9007199254740993',
  '999999999999999999999999999999',
  '2026-13-45T99:99:99Z',
  '0001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.000Z',
  '🤖'.repeat(40),
  'x'.repeat(5000),
]

/** As JSON has them; `Raw` ones are written into the text as they stand. */
class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const oddValues: readonly unknown[] = [
  'x'.repeat(70_000),
  null,
  true,
  0,
  -1,
  -0,
  1.5,
  0.1 + 0.2,
  1e-7,
  1e21,
  2 ** 31,
  2 ** 53 + 2,
  [],
  {},
  [null],
  [[[[[]]]]],
  { length: 3 },
  { toString: 'x' },
  new Raw('1e400'),
  new Raw('123456789012345678901234567890'),
  new Raw('{"__proto__":{"role":"owner"}}'),
  new Raw(`${'['.repeat(3000)}${']'.repeat(3000)}`),
]

const oddText = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: 'binary', maxLength: 30 }))
const oddValue = fc.oneof(fc.constantFrom(...oddValues), oddText, fc.jsonValue())
const at = fc.nat(1000)

/** What is written into a path or a query without any care. */
const oddPiece = fc.oneof(
  fc.constantFrom(
    '%00',
    '%',
    '%zz',
    '%FF%FE',
    '%ED%A0%80',
    '..%2F..%2Fetc',
    '.',
    '..',
    '%2F',
    '%20',
    '__proto__',
    'constructor',
    `'%3B--`,
    '%3Cscript%3E',
    '%F0%9F%A4%96',
    '-1',
    '0',
    '99999999999999999999',
    'x'.repeat(3000),
  ),
  oddText.map(percentEncoded),
)

type Mutation =
  | { readonly kind: 'segment' | 'query value'; readonly at: number; readonly piece: string }
  | { readonly kind: 'query key'; readonly key: string; readonly piece: string }
  | { readonly kind: 'query twice' | 'query array'; readonly at: number }
  | { readonly kind: 'field'; readonly at: number; readonly value: unknown }
  | { readonly kind: 'key'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'no field' | 'cut' | 'double'; readonly at: number }
  | { readonly kind: 'body'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }

const oddKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'extra',
  '',
  'tenant',
  'id',
  '$where',
  'a.b',
  'a[b]',
)
const oddHeader = fc.constantFrom(
  ['idempotency-key', ''],
  ['idempotency-key', 'two words'],
  ['idempotency-key', 'x'.repeat(201)],
  ['idempotency-key', `'; drop table api_reply; --`],
  ['if-match', '*'],
  ['if-match', '"nothing-like-it"'],
  ['if-match', 'W/"x", , "'],
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'application/json; charset=nonsense'],
  ['content-encoding', 'gzip'],
  ['accept', 'image/png;q=nonsense'],
  ['last-event-id', '-1'],
  ['last-event-id', '1~start'],
  ['last-event-id', '1~0123456789abcdef.999999999999999'],
  ['last-event-id', '9'.repeat(400)],
  ['origin', 'https://evil.example'],
)

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('segment' as const), at, piece: oddPiece }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('query value' as const), at, piece: oddPiece }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('query key' as const), key: oddKey, piece: oddPiece }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('query twice' as const, 'query array' as const), at }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('field' as const), at, value: oddValue }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('key' as const), key: oddKey, value: oddValue }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('no field' as const, 'cut' as const, 'double' as const), at }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('body' as const), value: oddValue }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('text' as const),
      text: fc.constantFrom('', '{', '{"a":}', '{"a":1}{"b":2}', 'null', '"', '\u0000', '\uFEFF{}', '['.repeat(5000)),
    }),
  },
  { weight: 1, arbitrary: oddHeader.map(([name = '', value = '']) => ({ kind: 'header' as const, name, value })) },
)

/** Requests of one operation, some as they should be and most with one to three things wrong. */
export function requestsOf(
  operation: Operation,
  making: Making,
  pathWords: (name: string) => string,
): fc.Arbitrary<OddRequest> {
  const parts = fc.record({
    segments: fc.tuple(
      ...operation.params.map(({ name, schema }) =>
        fc.oneof(
          { weight: 5, arbitrary: fc.constant(pathWords(name)) },
          { weight: 1, arbitrary: valuesOf(making, schema, name).map((value) => percentEncoded(textOf(value))) },
        ),
      ),
    ),
    query: fc.record(
      Object.fromEntries(operation.query.map(({ name, schema }) => [name, valuesOf(making, schema, name)])),
      { requiredKeys: operation.query.filter(({ required }) => required).map(({ name }) => name) },
    ),
    body: operation.body === undefined ? fc.constant(undefined) : valuesOf(making, operation.body),
    // Small numbers come often else, and a key that comes again is another refusal than what is looked for.
    key: fc.noBias(fc.uuid()),
    mutations: fc.array(mutation, { maxLength: 3 }),
  })
  return parts.map(({ segments, query, body, key, mutations }) => {
    const draft = new Draft(operation, { segments, query, body, key })
    for (const each of mutations) draft.suffer(each)
    return draft.request()
  })
}

interface Given {
  readonly segments: readonly string[]
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly key: string
}

class Draft {
  readonly #operation: Operation
  readonly #segments: string[]
  readonly #query: [string, string][]
  readonly #headers: Record<string, string>
  #body: unknown
  #text: string | undefined
  #isCut: number | undefined

  constructor(operation: Operation, { segments, query, body, key }: Given) {
    this.#operation = operation
    this.#segments = [...segments]
    this.#query = Object.entries(query).map(([name, value]) => [name, percentEncoded(textOf(value))])
    this.#body = structuredClone(body)
    this.#headers = operation.takesKey ? { 'idempotency-key': key } : {}
  }

  suffer(mutation_: Mutation): void {
    const query = this.#query
    switch (mutation_.kind) {
      case 'segment':
        if (this.#segments.length > 0) this.#segments[mutation_.at % this.#segments.length] = mutation_.piece
        return
      case 'query value': {
        const names = this.#operation.query
        const { name } = names[mutation_.at % names.length] ?? { name: 'limit' }
        query.push([name, mutation_.piece])
        return
      }
      case 'query key':
        query.push([percentEncoded(mutation_.key), mutation_.piece])
        return
      case 'query twice': {
        const pair = query[mutation_.at % query.length] ?? ['limit', '1']
        query.push(pair, pair)
        return
      }
      case 'query array': {
        const [name, value] = query[mutation_.at % query.length] ?? ['limit', '1']
        query.push([`${name}[]`, value], [`${name}[x]`, value])
        return
      }
      case 'header':
        this.#headers[mutation_.name] = mutation_.value
        return
      default:
        this.#sufferInBody(mutation_)
    }
  }

  #sufferInBody(
    mutation_: Extract<Mutation, { kind: 'field' | 'key' | 'no field' | 'cut' | 'double' | 'body' | 'text' }>,
  ) {
    const places = placesOf(this.#body)
    const place = 'at' in mutation_ ? places[mutation_.at % places.length] : undefined
    switch (mutation_.kind) {
      case 'field':
        if (place === undefined) this.#body = own(mutation_.value)
        else put(place.holder, place.key, mutation_.value)
        return
      case 'no field':
        if (place !== undefined) Reflect.deleteProperty(place.holder, place.key)
        return
      case 'key':
        if (isHolder(this.#body)) put(this.#body, mutation_.key, mutation_.value)
        else this.#body = { [mutation_.key]: own(mutation_.value) }
        return
      case 'double':
        if (place !== undefined) put(place.holder, place.key, [place.holder[place.key], place.holder[place.key]])
        return
      case 'cut':
        this.#isCut = mutation_.at
        return
      case 'body':
        this.#body = own(mutation_.value)
        return
      default:
        this.#text = mutation_.text
    }
  }

  request(): OddRequest {
    const { method, path, params } = this.#operation
    const filled = params.reduce((done, { name }, n) => done.replace(`{${name}}`, () => this.#segments[n] ?? ''), path)
    const query = this.#query.map(([name, value]) => `${name}=${value}`).join('&')
    const whole = this.#text ?? (this.#body === undefined ? undefined : jsonOf(this.#body))
    const body = this.#isCut === undefined || whole === undefined ? whole : whole.slice(0, this.#isCut)
    return {
      method,
      path: query === '' ? filled : `${filled}?${query}`,
      headers: body === undefined ? this.#headers : { 'content-type': 'application/json', ...this.#headers },
      body: method === 'GET' ? undefined : body,
    }
  }
}

interface Place {
  readonly holder: Record<string, unknown>
  readonly key: string
}

/** Every place of a body that a value can be put into. */
function placesOf(value: unknown): Place[] {
  if (!isHolder(value)) return []
  return Object.keys(value).flatMap((key) => [{ holder: value, key }, ...placesOf(value[key])])
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Raw)
}

/** A value that what follows may change. */
function own(value: unknown): unknown {
  return value instanceof Raw ? value : structuredClone(value)
}

/** Sets a property also where its name is one of the language's own. */
function put(holder: object, key: string, given: unknown): void {
  const value = own(given)
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}

function jsonOf(body: unknown): string {
  const raws: string[] = []
  const text =
    JSON.stringify(body, (_key, value: unknown) => {
      if (!(value instanceof Raw)) return value
      raws.push(value.text)
      return `raw-number-${raws.length - 1}-of-a-test`
    }) ?? ''
  return text.replaceAll(/"raw-number-(\d+)-of-a-test"/g, (_all, n: string) => raws[Number(n)] ?? '')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** As a browser writes it, and lone surrogates as the bytes that they would be. */
function percentEncoded(text: string): string {
  return text.isWellFormed()
    ? encodeURIComponent(text)
    : encodeURIComponent(text.toWellFormed()).replace('%EF%BF%BD', '%ED%A0%80')
}
