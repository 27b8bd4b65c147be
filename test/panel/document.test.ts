import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { buildProgram } from '../../cli/program.ts'
import { describeApi } from '../../domain/api/document.ts'
import { parseSettings } from '../../domain/settings.ts'
import { panelRoutes } from '../../panel/api/routes.ts'
import { panelKeyring } from './panel-fixture.ts'

const endpoints = panelRoutes({
  // Nothing is asked of it: only the list of endpoints is read.
  database: undefined as never,
  events: undefined as never,
  logFolder: '',
  settings: parseSettings({}),
  serverName: 'server1',
  keyring: () => panelKeyring,
  version: '0',
  origins: { publicOrigins: [], loopbackOnly: true, plainHttp: false },
}).map(({ endpoint }) => endpoint)
const document = describeApi(endpoints, '9.8.7')

it('the document is valid OpenAPI 3.1 and holds every route once', async () => {
  const result = await new Validator().validate(JSON.parse(JSON.stringify(document)))
  expect(result.errors ?? []).toEqual([])
  const described = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item ?? {}).map((method) => `${method} ${path}`),
  )
  expect(described.sort()).toEqual(
    endpoints.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).sort(),
  )
})

it('no two operations have one name, and each says what it is for', () => {
  const operations = Object.values(document.paths ?? {}).flatMap((item) => Object.values(item ?? {})) as {
    operationId: string
    summary: string
  }[]
  const names = operations.map(({ operationId }) => operationId)
  expect(new Set(names).size).toBe(names.length)
  for (const { summary } of operations) expect(summary).toMatch(/\.$/)
})

/** Commands of a machine, not of the fleet: they start, set up or repair what the API itself stands on. */
const local = [
  'serve',
  'demo',
  'init',
  'migrate',
  'migrate status',
  'keygen',
  'backup',
  'restore',
  'key rotate',
  'doctor',
  'import mongo-json',
]

it('every command of the CLI has a route, and every route names commands that exist', () => {
  const commands = leavesOf(buildProgram({} as never))
  const named = endpoints.flatMap(({ command }) => (command === undefined ? [] : [command].flat()))
  expect([...named, ...local].filter((words) => !commands.includes(words))).toEqual([])
  expect(local.filter((words) => named.includes(words))).toEqual([])
  expect(commands.filter((words) => !named.includes(words) && !local.includes(words))).toEqual([])
})

interface CommandTree {
  readonly commands: readonly CommandTree[]
  name(): string
  readonly registeredArguments: readonly unknown[]
}

/** Every command that does something, as one types it behind ./botfleet. */
function leavesOf(program: CommandTree): string[] {
  const walk = (command: CommandTree, path: string): string[] => {
    const inner = command.commands.flatMap((each) => walk(each, `${path} ${each.name()}`))
    const acts = (command as { _actionHandler?: unknown })._actionHandler != null
    return acts && path !== '' ? [path.trim(), ...inner] : inner
  }
  return walk(program, '')
}
