/** The panel's types, from the OpenAPI document: what the pages are compiled against is what the API says of itself. */

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
}

interface Body {
  readonly required?: boolean
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

interface Operation {
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema?: Schema
  }[]
  readonly requestBody?: Body
  readonly responses: Readonly<Record<string, Body>>
}

/** The part of an OpenAPI document that types are made of. */
export interface Described {
  readonly paths?: Readonly<Record<string, unknown>>
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> }
}

/** The text of a TypeScript file: `Schemas` by name and `Operations` by method and path. */
export function apiTypes(document: Described): string {
  const schemas = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>)
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  )
  const lines = [
    '// Written by panel/build/write-api-types.ts from the OpenAPI document, to which a test holds it. Not to be edited.',
    '',
    'export interface Schemas {',
    ...schemas.toSorted(byName).map(([name, schema]) => `  ${name}: ${typeOf(schema)}`),
    '}',
    '',
    'export interface Operations {',
    ...operations.toSorted(byName).map(([name, operation]) => `  ${quoted(name)}: ${operationType(operation)}`),
    '}',
    '',
  ]
  return lines.join('\n')
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}

function operationType({ parameters = [], requestBody, responses }: Operation): string {
  const group = (place: string) => {
    const own = parameters.filter((parameter) => parameter.in === place)
    if (own.length === 0) return 'undefined'
    const fields = own.map(({ name, required, schema }) => field(name, required === true, schema ?? {}))
    return `{ ${fields.join('; ')} }`
  }
  const answer = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1]
  return `{ params: ${group('path')}; query: ${group('query')}; body: ${bodyType(requestBody)}; answer: ${bodyType(answer)} }`
}

function bodyType(body: Body | undefined): string {
  const [media, content] = Object.entries(body?.content ?? {})[0] ?? []
  if (media === undefined) return 'undefined'
  if (media !== 'application/json') return 'string'
  return `${typeOf(content?.schema ?? {})}${body?.required === false ? ' | undefined' : ''}`
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return `Schemas[${quoted(schema.$ref.split('/').at(-1) ?? '')}]`
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const several = schema.anyOf ?? schema.oneOf
  if (several !== undefined) return several.map((one) => `(${typeOf(one)})`).join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map((one) => `(${typeOf(one)})`).join(' & ')
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  return types.map((type) => plainType(type, schema)).join(' | ') || 'unknown'
}

function plainType(type: string, schema: Schema): string {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return `(${typeOf(schema.items ?? {})})[]`
    case 'object':
      return objectType(schema)
    default:
      throw new Error(`the document has a type that no page knows: ${type}`)
  }
}

function objectType({ properties, required = [], additionalProperties }: Schema): string {
  if (properties === undefined) {
    const values = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'
    return `Record<string, ${values}>`
  }
  return `{ ${Object.entries(properties)
    .map(([name, schema]) => field(name, required.includes(name), schema))
    .join('; ')} }`
}

function field(name: string, isRequired: boolean, schema: Schema): string {
  const key = /^\w+$/.test(name) ? name : quoted(name)
  return isRequired ? `${key}: ${typeOf(schema)}` : `${key}?: ${typeOf(schema)} | undefined`
}

function quoted(text: string): string {
  return `'${text}'`
}
