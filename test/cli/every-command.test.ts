import type { Command, Option } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { callCli, commandTree, makeHome, runCli } from './support/run-cli.ts'

/** Commands that stay until they are told to end; their own tests start and stop them. */
const staying = new Set(['serve', 'demo'])

/** What to give to options and arguments that are required; a new one needs its sample here. */
const samples: Record<string, string> = {
  '--platform': 'telegram',
  '--name': 'Sample',
  '--months': '1',
  '--reason': 'sample',
  '--role': 'operator',
  '--to': 'server9',
  '--tenant': 'agent:nobody',
  '--amount': '20',
  '--address': 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb',
  '--txid': 'ab'.repeat(32),
  '--reference': 'sample',
  withdrawal: 'aw_none',
  message: '999',
  messages: '999',
  broadcast: '999',
  '--file': 'sample.html',
  '--price': '12.5',
  '--language': 'fa',
  product: 'nothing',
  category: 'nothing',
  topup: '999',
  order: '999',
  '--customer': 'nobody',
  '--product': 'nothing',
  customer: 'nobody',
  id: 'bot-none',
  file: 'sample.backup',
  folder: 'sample-folder',
  name: 'server9',
  username: 'nobody',
  agent: 'agent001',
  tenant: 'agent001',
  'user-id': '123456789',
  'percent|fixed': 'percent',
  value: '10',
  link: 'support',
  text: 'help',
  title: 'Sample',
  address: '@sample',
  position: '1',
  role: 'viewer',
}

interface Leaf {
  readonly path: readonly string[]
  readonly command: Command
}

function leavesOf(command: Command, path: readonly string[] = []): Leaf[] {
  const below = command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]))
  const acts = command.registeredArguments.length > 0 || command.options.some((option) => option.long === '--json')
  return acts && path.length > 0 ? [{ path, command }, ...below] : below
}

function sampleFor(name: string): string {
  const sample = samples[name]
  if (sample === undefined) throw new Error(`add a sample for ${name}`)
  return sample
}

function filledIn({ path, command }: Leaf): string[] {
  const needed = command.options.filter((option: Option) => option.mandatory && option.defaultValue === undefined)
  return [
    ...path,
    ...command.registeredArguments
      .filter((argument) => argument.required)
      .map((argument) => sampleFor(argument.name())),
    ...needed.flatMap((option) => [option.long ?? '', sampleFor(option.long ?? '')]),
  ]
}

const leaves = leavesOf(commandTree()).filter(({ path }) => !staying.has(path[0] ?? ''))
const named = leaves.map((leaf) => [leaf.path.join(' '), leaf] as const)

let database: TestDatabase
const place = makeHome()
let env: Record<string, string>
beforeAll(async () => {
  database = await createTestDatabase()
  env = { BOTFLEET_HOME: place.home, DATABASE_URL: database.url, TELEGRAM_API_ROOT: 'http://127.0.0.1:9' }
})
afterAll(async () => {
  await database.drop()
  place.remove()
})

function expectOneDocument(text: string): void {
  expect(() => JSON.parse(text) as unknown, text).not.toThrow()
  expect(text.trimEnd().split('\n')).toHaveLength(1)
}

test('the tree has the commands of the design', () => {
  const names = leaves.map(({ path }) => path.join(' '))
  const wanted = `init,migrate,doctor,keygen,create,edit,set-token,approve,renew,expire,suspend,activate,start,stop,
    restart,delete,list,show,logs,server list,server drain,server undrain,
    server confirm-clock,user create,user list,user password,user role,
    user disable,user link,key rotate,token create,token list,token revoke,user sessions,user unlock,user enable,
    audit list,audit verify,audit export,events,migrate status,backup,restore,agent create,agent list,
    agent show,agent pause,agent resume,agent pricing,agent owner add,agent owner remove,agent owner list,
    agent owner claim,customer list,customer show,customer block,customer unblock,customer erase,customer history`
  expect(names).toEqual(expect.arrayContaining(wanted.split(/,\s*/)))
})

test.concurrent.each(named)('%s with --json prints one document and never hangs on /dev/null', async (_name, leaf) => {
  const run = await runCli([...filledIn(leaf), '--json'], { env, cwd: place.folder })
  expectOneDocument(run.stdout)
  expect([0, 2, 3, 5, 6]).toContain(run.code)
  expect(run.stderr).not.toMatch(/\n\s+at /)
  const document = JSON.parse(run.stdout) as { error?: { exit_code: number } }
  if (run.code !== 0 && !('checks' in document)) expect(document.error?.exit_code).toBe(run.code)
  expect(run.stdout + run.stderr).not.toContain('\u001b')
})

test.each(named)('%s without --json is plain when piped', async (_name, leaf) => {
  const run = await callCli(filledIn(leaf), { env, cwd: place.folder })
  expect([0, 2, 3, 5, 6]).toContain(run.code)
  expect(run.stdout + run.stderr).not.toContain('\u001b')
  if (run.code !== 0) expect(run.stderr).toMatch(/^botfleet: \S/m)
})

test.each(named.filter(([, leaf]) => filledIn(leaf).length > leaf.path.length))(
  '%s without what it needs is a usage error, as JSON too',
  async (_name, leaf) => {
    const run = await callCli([...leaf.path, '--json'], { env, cwd: place.folder })
    expect(run.code).toBe(2)
    expectOneDocument(run.stdout)
    expect(run.stderr).toContain('--help')
  },
)

/** Everything that `--help` prints. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (more) => (text += more) })
  command.outputHelp()
  return text
}

const everyLeaf = leavesOf(commandTree()).map((leaf) => [leaf.path.join(' '), leaf] as const)

test.each(everyLeaf)('the help of %s is readable at 80 columns', (_name, { command }) => {
  const help = helpOf(command)
  expect(command.description()).not.toBe('')
  for (const option of command.options) {
    expect(option.description, option.flags).not.toBe('')
    if (option.mandatory && option.defaultValue === undefined)
      expect(help).toMatch(new RegExp(`${option.long} .*\\(required\\)`, 's'))
  }
  for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
})

const examples = everyLeaf.flatMap(([name, { command }]) =>
  [...helpOf(command).matchAll(/^ {2}\.\/botfleet (.*)$/gm)].map(([, line = '']) => [line, name] as const),
)

test('many commands have examples', () => {
  expect(examples.length).toBeGreaterThan(40)
})

test.each(examples)('the example %s is understood by %s', async (line, name) => {
  const tree = commandTree()
  const leaf = leavesOf(tree).find(({ path }) => path.join(' ') === name)
  let hasRun = false
  leaf?.command.action(() => {
    hasRun = true
  })
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  await tree.parseAsync(words, { from: 'user' })
  expect(hasRun).toBe(true)
})
