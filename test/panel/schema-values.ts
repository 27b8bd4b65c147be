/** Values that fit a JSON schema, as the API's document has them. */
import fc from 'fast-check'

export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

export interface Making {
  readonly components: Readonly<Record<string, JsonSchema>>
  /** Values that mean something under this name, tried more often than others; none for most names. */
  readonly wordsOf: (name: string) => readonly unknown[]
  /** Leaves out what need not be there, and takes only words where there are some. */
  readonly isPlain: boolean
}

/** Longer ones are a mutation's business. */
const lengthMax = 60
const itemsMax = 4

export function valuesOf(making: Making, schema: JsonSchema, name = ''): fc.Arbitrary<unknown> {
  const words = schema.enum === undefined ? making.wordsOf(name) : []
  if (words.length === 0) return bySchema(making, schema, name)
  const known = fc.constantFrom(...words)
  if (making.isPlain) return known
  return fc.oneof({ weight: 4, arbitrary: known }, { weight: 1, arbitrary: bySchema(making, schema, name) })
}

function bySchema(making: Making, schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
  const of = (inner: JsonSchema) => bySchema(making, inner, name)
  if (schema.$ref !== undefined) {
    const found = making.components[schema.$ref.split('/').at(-1) ?? '']
    if (found === undefined) throw new Error(`the document has no ${schema.$ref}`)
    return of(found)
  }
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map(of))
  if (schema.allOf !== undefined) return of(Object.assign({}, ...schema.allOf))
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type: string) => of({ ...schema, type })))
  return byType(making, schema, name)
}

function byType(making: Making, schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'object':
      return objectsOf(making, schema)
    case 'array': {
      const minLength = schema.minItems ?? 0
      const maxLength = Math.max(minLength, Math.min(schema.maxItems ?? itemsMax, itemsMax))
      return fc.array(valuesOf(making, schema.items ?? {}, name), { minLength, maxLength })
    }
    case 'string':
      return stringsOf(schema)
    case 'integer':
      return fc.integer({
        min: Math.ceil(leastOf(schema) ?? -1000),
        max: Math.min(Math.floor(mostOf(schema) ?? 1000), 2 ** 31 - 1),
      })
    case 'number':
      return fc.double({ min: leastOf(schema) ?? -1000, max: mostOf(schema) ?? 1000, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return fc.jsonValue()
  }
}

function objectsOf(making: Making, { properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const named = Object.entries(properties).filter(([name]) => !making.isPlain || required.includes(name))
  const model = Object.fromEntries(named.map(([name, schema]) => [name, valuesOf(making, schema, name)]))
  return fc.record(model, { requiredKeys: required.filter((name) => name in model) })
}

function stringsOf({ pattern, minLength = 0, maxLength = lengthMax }: JsonSchema): fc.Arbitrary<string> {
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern)).filter(fits)
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, lengthMax)) })
}

function leastOf({ minimum, exclusiveMinimum }: JsonSchema): number | undefined {
  return exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 0.001
}

function mostOf({ maximum, exclusiveMaximum }: JsonSchema): number | undefined {
  return exclusiveMaximum === undefined ? maximum : exclusiveMaximum - 0.001
}
