/**
 * The API's document as a page to read: plain HTML with one style sheet, no script. Everything in it comes from our own
 * schemas and is escaped all the same.
 */
import type { ApiDocument } from '../../domain/api/document.ts'
import type { Method } from '../../domain/api/endpoint.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly description?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly pattern?: string
}

interface Operation {
  readonly tags: readonly string[]
  readonly summary: string
  readonly 'x-permission': string
  readonly 'x-cli'?: readonly string[]
  readonly parameters?: readonly {
    name: string
    in: string
    required?: boolean
    schema: Schema
    description?: string
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> }
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema: Schema }>> }>>
}

interface Described extends Operation {
  readonly method: Method
  readonly path: string
}

const pageStyle = `
:root { color-scheme: light dark; --line: light-dark(#d5dae0, #3a4048); --soft: light-dark(#f4f6f8, #1d2126); --link: light-dark(#0b5cad, #7ab8f5) }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#fff, #14171a); color: light-dark(#1c2126, #e4e7ea) }
a { color: var(--link) } h2 { margin-top: 2.5rem } code, pre { font: 14px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
nav { display: flex; flex-wrap: wrap; gap: .4rem 1rem }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: 0 .8rem; scroll-margin-top: 1rem }
summary { cursor: pointer; padding: .5rem 0 } details[open] { padding-bottom: .8rem } details p { margin: .3rem 0 }
table { border-collapse: collapse; width: 100% } td, th { text-align: start; vertical-align: top; padding: .25rem .6rem .25rem 0; border-top: 1px solid var(--line) }
th { font-weight: 600; white-space: nowrap } .method { display: inline-block; min-width: 4.2rem; font-weight: 700 } .what { display: block; opacity: .85 }
.table { overflow-x: auto } caption { text-align: start; font-weight: 700; padding-top: .6rem }
@media (max-width: 40rem) { tr, th, td { display: block; border: 0; padding: 0 } tr { border-top: 1px solid var(--line); padding: .4rem 0 } }
`

/** The whole page. */
export function documentPage(document: ApiDocument, styleNonce: string): string {
  const operations = operationsOf(document)
  const tags = (document.tags ?? []).map(({ name }) => name)
  const rooms = tags.filter((tag) => operations.some(({ tags: of }) => of.includes(tag)))
  const schemas = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Botfleet API</title>
<style nonce="${styleNonce}">${pageStyle}</style></head><body>
<h1>Botfleet API ${escape(document.info.version)}</h1>
<p>${prose(document.info.description ?? '')} For programs: <a href="/api/openapi.json">openapi.json</a>.</p>
<nav aria-label="Rooms">${[...rooms, 'schemas'].map((room) => `<a href="#${room}">${escape(room)}</a>`).join('')}</nav>
<main>${rooms.map((room) => roomOf(room, operations)).join('')}
<h2 id="schemas">Schemas</h2>${schemas.map(([name, schema]) => schemaOf(name, schema)).join('')}</main>
</body></html>`
}

function operationsOf(document: ApiDocument): Described[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries((item ?? {}) as unknown as Record<Method, Operation>).map(([method, operation]) => ({
      ...operation,
      path,
      method: method as Method,
    })),
  )
}

function roomOf(room: string, operations: readonly Described[]): string {
  const own = operations.filter(({ tags }) => tags.includes(room))
  return `<h2 id="${room}">${escape(room)}</h2>${own.map(operationOf).join('')}`
}

function operationOf(operation: Described): string {
  const { method, path, summary, parameters = [], requestBody, responses } = operation
  const body = Object.values(requestBody?.content ?? {})[0]?.schema
  const [status = '200', success] = Object.entries(responses)[0] ?? []
  const [media = '', answer] = Object.entries(success?.content ?? {})[0] ?? []
  return `<details><summary><code><span class="method">${method.toUpperCase()}</span> ${escape(path)}</code>
<span class="what">${prose(summary)}</span></summary>
<p>${accessWords(operation)}</p>
${
  parameters.length === 0
    ? ''
    : table(
        'Parameters',
        parameters.map((one) => row(one.name, one.schema, { required: one.required === true, note: one.in })),
      )
}
${body === undefined ? '' : table('Body', fieldsOf(body))}
<p><strong>Answer</strong> ${status}${media === 'application/json' ? '' : ` ${escape(media)}`}: ${answer === undefined ? 'nothing' : typeOf(answer.schema)}</p></details>`
}

function accessWords({ 'x-permission': access, 'x-cli': commands = [] }: Described): string {
  const who =
    access === 'public'
      ? 'Anybody.'
      : access === 'session'
        ? 'Anybody signed in.'
        : `Needs <code>${escape(access)}</code>.`
  return commands.length === 0
    ? who
    : `${who} On the command line: ${commands.map((words) => `<code>${escape(words)}</code>`).join(', ')}.`
}

function schemaOf(name: string, schema: Schema): string {
  return `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code> <span class="what">${prose(schema.description ?? '')}</span></summary>
${table('Fields', fieldsOf(schema))}</details>`
}

function fieldsOf(schema: Schema): string[] {
  const required = schema.required ?? []
  const fields = Object.entries(schema.properties ?? {})
  if (fields.length === 0) return [`<tr><td>${typeOf(schema)}</td></tr>`]
  return fields.map(([name, field]) => row(name, field, { required: required.includes(name), note: '' }))
}

function table(caption: string, rows: readonly string[]): string {
  return `<div class="table"><table><caption>${caption}</caption><tbody>${rows.join('')}</tbody></table></div>`
}

function row(name: string, schema: Schema, { required, note }: { required: boolean; note: string }): string {
  const words = [note, required ? 'required' : '', limitsOf(schema), schema.description ?? ''].filter(
    (word) => word !== '',
  )
  return `<tr><th scope="row"><code>${escape(name)}</code></th><td><code>${typeOf(schema)}</code></td><td>${prose(words.join('; '))}</td></tr>`
}

function limitsOf(schema: Schema): string {
  const { minimum, maximum, maxLength } = schema
  return [
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
    minimum === undefined || minimum < -1e9 ? '' : `from ${minimum}`,
    maximum === undefined || maximum > 1e12 ? '' : `to ${maximum}`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
  ]
    .filter((word) => word !== '')
    .join(', ')
}

/** A schema in one line, names of others as links. */
function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = escape(schema.$ref.split('/').at(-1) ?? '')
    return `<a href="#schema-${name}">${name}</a>`
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.map(typeOf).join(' | ')
  if (schema.const !== undefined) return escape(JSON.stringify(schema.const))
  if (schema.enum !== undefined) return schema.enum.map((word) => escape(JSON.stringify(word))).join(' | ')
  if (schema.type === 'array') return `${schema.items === undefined ? 'any' : typeOf(schema.items)}[]`
  if (schema.type === 'object' && schema.properties !== undefined) {
    const fields = Object.entries(schema.properties).map(([name, field]) => `${escape(name)}: ${typeOf(field)}`)
    return `{ ${fields.join(', ')} }`
  }
  return escape([schema.type ?? 'any'].flat().join(' | '))
}

/** Text with `code` in it. */
function prose(text: string): string {
  return escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign)
}
