/** The OpenAPI 3.1 document of the API, made of the schemas that check its requests. */
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi'
import { type Endpoint, endpoint, tags } from './endpoint.ts'
import { problemSchema } from './problem.ts'

export type ApiDocument = ReturnType<typeof createDocument>

export const openApi = endpoint({
  method: 'get',
  path: '/api/openapi.json',
  access: 'public',
  tag: 'server',
  summary: 'This document.',
  answer: z.looseObject({ openapi: z.string() }),
})

export const apiPage = endpoint({
  method: 'get',
  path: '/api/docs',
  access: 'public',
  tag: 'server',
  summary: 'This document as a page to read.',
  mediaType: 'text/html',
  answer: z.string(),
})

/** Describes every endpoint. */
export function describeApi(endpoints: readonly Endpoint[], version: string): ApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const each of endpoints) {
    const path = each.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [each.method]: operationOf(each) }
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Botfleet',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Runs a fleet of Telegram and WhatsApp bots with one shop behind all of them. Sign in with `POST /api/login`, ' +
        'or send an API token, as `Authorization: Bearer ...`. Amounts of money are decimal strings, times ISO 8601 in UTC. ' +
        'Every error is a problem document (RFC 9457) whose `detail` says what to do; 429 and 503 carry `Retry-After`. ' +
        'Lists are paged by `cursor`. What was answered with an `ETag` is changed under `If-Match`, where 412 says that ' +
        'somebody else was faster. A change with an `Idempotency-Key` happens once.',
    },
    servers: [{ url: '/' }],
    tags: tags.map((name) => ({ name })),
    security: [{ bearer: [] }, { cookie: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: '__Host-sid' },
      },
    },
  })
}

const keyHeader = (required: boolean) =>
  z.strictObject({
    'Idempotency-Key': (required ? z.string() : z.string().optional()).meta({
      description: 'The same key with the same request happens once; a repeated one gets the first answer.',
    }),
  })

function operationOf(each: Endpoint): ZodOpenApiOperationObject {
  const { method, path, tag, summary, access } = each
  return {
    operationId: `${method}${path.replaceAll(/[^A-Za-z0-9]+(\w)?/g, (_all, next: string | undefined) => (next ?? '').toUpperCase())}`,
    tags: [tag],
    summary,
    ...(access === 'public' ? { security: [] } : {}),
    ...describeAccess(each),
    requestParams: {
      ...(hasFields(each.params) ? { path: each.params as z.ZodObject } : {}),
      ...(hasFields(each.query) ? { query: each.query as z.ZodObject } : {}),
      ...(each.key === undefined ? {} : { header: keyHeader(each.key === 'required') }),
    },
    ...(hasFields(each.body)
      ? {
          requestBody: {
            content: { 'application/json': { schema: each.body } },
            required: !each.body.safeParse({}).success,
          },
        }
      : {}),
    responses: {
      [String(each.status)]: {
        description: 'Done.',
        content: { [each.mediaType ?? 'application/json']: { schema: each.answer } },
      },
      default: {
        description: 'It was refused or failed.',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  }
}

function describeAccess({ access, command }: Endpoint): Record<string, unknown> {
  const commands = command === undefined ? [] : [command].flat()
  return {
    'x-permission': access,
    ...(commands.length === 0 ? {} : { 'x-cli': commands.map((words) => `./botfleet ${words}`) }),
  }
}

function hasFields(schema: z.ZodType): boolean {
  return !(schema instanceof z.ZodObject) || Object.keys(schema.shape).length > 0
}
