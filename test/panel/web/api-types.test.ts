import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { apiTypes } from '../../../panel/build/api-types.ts'
import { currentApiTypes } from '../../../panel/build/current-api-types.ts'

const root = join(import.meta.dirname, '..', '..', '..')

it('the panel’s types are those of the API as it is (npm run api-types writes them anew)', () => {
  const written = readFileSync(join(root, 'panel', 'web', 'api', 'api-types.ts'), 'utf8')
  const now = execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--stdin-file-path=api-types.ts'], {
    input: currentApiTypes(),
    cwd: root,
    encoding: 'utf8',
  })
  expect(written).toBe(now)
})

it('a schema becomes the type of what it accepts', () => {
  const text = apiTypes({
    paths: {
      '/api/things/{id}': {
        patch: {
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
            { name: 'limit', in: 'query', schema: { type: 'integer' } },
          ],
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { type: 'object', properties: { a: { const: 1 } } } } },
          },
          responses: {
            '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
            default: { content: { 'application/problem+json': { schema: { type: 'object' } } } },
          },
        },
        get: { responses: { '200': { content: { 'text/csv': { schema: { type: 'string' } } } } } },
      },
    },
    components: {
      schemas: {
        Thing: {
          type: 'object',
          required: ['kind', 'names', 'more'],
          properties: {
            kind: { type: 'string', enum: ['a', 'b'] },
            names: { type: 'array', items: { type: ['string', 'null'] } },
            more: { type: 'object', additionalProperties: { type: 'number' } },
            'odd-name': { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
          },
        },
      },
    },
  })
  expect(text).toContain(
    `Thing: { kind: "a" | "b"; names: (string | null)[]; more: Record<string, number>; 'odd-name'?: (boolean) | (null) | undefined }`,
  )
  expect(text).toContain(
    `'PATCH /api/things/{id}': { params: { id: string }; query: { limit?: number | undefined }; body: { a?: 1 | undefined }; answer: Schemas['Thing'] }`,
  )
  expect(text).toContain(
    `'GET /api/things/{id}': { params: undefined; query: undefined; body: undefined; answer: string }`,
  )
})
