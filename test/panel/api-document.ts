/** The API as its own document describes it: what tests of every route are made of. */
import { expect } from 'vitest'
import type { Permission } from '../../domain/actor.ts'
import type { Panel } from '../../panel/api/start-panel.ts'
import { ask } from './panel-fixture.ts'
import type { JsonSchema } from './schema-values.ts'

export interface Operation {
  /** `GET /api/instances/{id}`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly access: 'public' | 'session' | Permission
  readonly params: readonly Parameter[]
  readonly query: readonly Parameter[]
  readonly body: JsonSchema | undefined
  readonly takesKey: boolean
  readonly mediaType: string
}

export interface Parameter {
  readonly name: string
  readonly required: boolean
  readonly schema: JsonSchema
}

export interface ApiDescription {
  readonly operations: readonly Operation[]
  readonly components: Readonly<Record<string, JsonSchema>>
}

interface DocumentedOperation {
  readonly 'x-permission': Operation['access']
  readonly parameters?: readonly (Omit<Parameter, 'required'> & { readonly in: string; readonly required?: boolean })[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: JsonSchema } } }
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>
}

export async function describedBy(panel: Panel): Promise<ApiDescription> {
  const { status, json } = await ask(panel, '/api/openapi.json')
  expect(status).toBe(200)
  const document = json as {
    paths: Record<string, Record<string, DocumentedOperation>>
    components: { schemas: Record<string, JsonSchema> }
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationOf(path, method.toUpperCase(), operation)),
  )
  return { operations, components: document.components.schemas }
}

function operationOf(path: string, method: string, operation: DocumentedOperation): Operation {
  const parameters = (place: string) =>
    (operation.parameters ?? [])
      .filter((parameter) => parameter.in === place)
      .map(({ name, required, schema }) => ({ name, required: required === true, schema }))
  const done = Object.entries(operation.responses).find(([status]) => status.startsWith('2'))
  return {
    name: `${method} ${path}`,
    method,
    path,
    access: operation['x-permission'],
    params: parameters('path'),
    query: parameters('query'),
    body: operation.requestBody?.content['application/json'].schema,
    takesKey: parameters('header').some(({ name }) => name === 'Idempotency-Key'),
    mediaType: Object.keys(done?.[1].content ?? {})[0] ?? '',
  }
}
