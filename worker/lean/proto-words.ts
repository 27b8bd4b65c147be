/**
 * Reads the messages of WhatsApp's protocol from their definition and writes them down in few words, which
 * worker/shims/proto.ts understands: 4.4 megabytes of generated code become a tenth of a megabyte of text. Of the language
 * of definitions it knows what WAProto.proto uses; anything else fails the build.
 *
 *     one line for each:   M Name field=1s,other=2*m17,...      E Name FIRST=0,SECOND=1
 *
 * After a field's number stand `*` for a list (`#` where its numbers are packed), `<k` for a map with keys of k, then its
 * kind: a letter of `scalars`, or m and e with the number of the line that describes it.
 */
const scalars: Readonly<Record<string, string>> = {
  string: 's',
  bytes: 'y',
  bool: 'b',
  int32: 'i',
  uint32: 'u',
  int64: 'l',
  uint64: 'v',
  float: 'f',
  double: 'd',
  fixed32: 'x',
  sfixed32: 'X',
  fixed64: 'q',
  sfixed64: 'Q',
  sint32: 'z',
  sint64: 'Z',
}

interface Field {
  readonly name: string
  readonly number: number
  readonly type: string
  readonly isList: boolean
  readonly key: string | undefined
}

interface Definition {
  readonly kind: 'M' | 'E'
  readonly name: string
  readonly fields: Field[]
  readonly values: string[]
}

/** The definition's text, in few words. Throws for what it does not understand. */
export function protoWords(text: string): string {
  const definitions = parse(text)
  const numbers = new Map(definitions.map(({ name }, at) => [name, at]))
  return definitions.map((definition) => lineOf(definition, definitions, numbers)).join('\n')
}

function parse(text: string): Definition[] {
  const tokens = text.replaceAll(/\/\/.*|\/\*[^]*?\*\//g, '').match(/"[^"]*"|[\w.]+|[^\s\w]/g) ?? []
  const found: Definition[] = []
  /** Messages that we are in, and the oneofs between them. */
  const open: (Definition | 'oneof')[] = []
  let at = 0
  const take = (): string => {
    const token = tokens[at]
    if (token === undefined) throw new Error('the definition ends in the middle')
    at += 1
    return token
  }
  const until = (end: string): string[] => {
    const words: string[] = []
    for (let token = take(); token !== end; token = take()) words.push(token)
    return words
  }
  while (at < tokens.length) {
    const token = take()
    const scope = open.findLast((one) => one !== 'oneof')
    if (token === 'syntax' || token === 'package' || token === 'option' || token === 'reserved') until(';')
    else if (token === '}') open.pop()
    else if (token === ';') continue
    else if (token === 'oneof') {
      until('{')
      open.push('oneof')
    } else if (token === 'message' && tokens[at + 1] === '{') {
      const definition = define('M', scope, take())
      take()
      found.push(definition)
      open.push(definition)
    } else if (token === 'enum' && tokens[at + 1] === '{') {
      const definition = define('E', scope, take())
      take()
      const words = until('}').join(' ')
      for (const [, name, value] of words.matchAll(/(\w+) = (-? ?\d+)/g)) {
        definition.values.push(`${name ?? ''}=${(value ?? '').replace(' ', '')}`)
      }
      found.push(definition)
    } else if (scope === undefined) throw new Error(`what is ${token}?`)
    else scope.fields.push(fieldOf([token, ...until(';')]))
  }
  return found
}

function define(kind: 'M' | 'E', scope: Definition | undefined, name: string): Definition {
  return { kind, name: scope === undefined ? name : `${scope.name}.${name}`, fields: [], values: [] }
}

function fieldOf(words: readonly string[]): Field {
  const sentence = words.join(' ')
  const map = /^map < (\w+) , ([\w.]+) > (\w+) = (\d+)$/.exec(sentence)
  if (map !== null) {
    const [, key = '', type = '', name = '', number = ''] = map
    return { name, number: Number(number), type, isList: false, key }
  }
  const plain = /^(?:(optional|required|repeated) )?([\w.]+) (\w+) = (\d+)(?: \[ packed = true \])?$/.exec(sentence)
  if (plain === null) throw new Error(`what is "${sentence}"?`)
  const [, label, type = '', name = '', number = ''] = plain
  return { name, number: Number(number), type, isList: label === 'repeated', key: undefined }
}

function lineOf(
  definition: Definition,
  definitions: readonly Definition[],
  numbers: ReadonlyMap<string, number>,
): string {
  const { kind, name, fields, values } = definition
  if (kind === 'E') return `E ${name} ${values.join(',')}`
  const words = fields
    .toSorted((a, b) => a.number - b.number)
    .map((field) => {
      const type = scalars[field.type] ?? referenceOf(field.type, name, { definitions, numbers })
      const isPacked = field.isList && !/^[sym]/.test(type)
      const list = field.isList ? (isPacked ? '#' : '*') : ''
      const map = field.key === undefined ? '' : `<${scalars[field.key] ?? ''}`
      // As the generator of code writes names.
      const own = field.name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
      return `${own}=${field.number}${list}${map}${type}`
    })
  return `M ${name} ${words.join(',')}`
}

/** A name is looked for in the message that uses it, then in those around it. */
function referenceOf(
  type: string,
  scope: string,
  given: { readonly definitions: readonly Definition[]; readonly numbers: ReadonlyMap<string, number> },
): string {
  for (let around = scope; ; around = around.slice(0, Math.max(0, around.lastIndexOf('.')))) {
    const number = given.numbers.get(around === '' ? type : `${around}.${type}`)
    if (number !== undefined) return `${given.definitions[number]?.kind === 'E' ? 'e' : 'm'}${number}`
    if (around === '') throw new Error(`what is ${type} in ${scope}?`)
  }
}
