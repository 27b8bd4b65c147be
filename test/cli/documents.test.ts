/** What the documents tell people to type exists. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { dotEnvText } from '../../cli/dot-env-text.ts'
import { settingNames } from '../../domain/settings.ts'
import { commandTree } from './support/run-cli.ts'

const root = join(import.meta.dirname, '..', '..')
const files = [
  'README.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]

const tree = commandTree()
const calls = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:\.|\/botfleet[^\s/]*)\/botfleet +([^`\n|]+)/g)].map(
    ([, call = '']) => ({ file, call: call.replace(/ +#.*$/, '').trim() }),
  ),
)

function find(call: string): { command: Command; options: string[] } {
  let command: Command = tree
  const words = call.split(/\s+/)
  while (words[0] !== undefined) {
    const below = command.commands.find((child) => child.name() === words[0])
    if (below === undefined) break
    command = below
    words.shift()
  }
  return {
    command,
    options: words.filter((word) => word.startsWith('--')).map((word) => word.replace(/[^a-z-].*$/, '')),
  }
}

test('the documents name commands', () => {
  expect(calls.length).toBeGreaterThan(20)
})

test.each(calls)('$file: $call', ({ call }) => {
  const { command, options } = find(call)
  if (!/^<|^-/.test(call)) expect(command.parent, 'no such command').not.toBeNull()
  const known = [...command.options.map(({ long }) => long), '--help', '--version']
  for (const option of options) expect(known).toContain(option)
})

test.each(settingNames)('%s is explained among the settings, and is in the .env that init writes', (name) => {
  const [, settings = ''] = readFileSync(join(root, 'docs', 'OPERATING.md'), 'utf8').split('## Settings')
  expect(settings.split('\n## ')[0]).toMatch(new RegExp(`^\\|[^|]*\`${name}\``, 'm'))
  expect(dotEnvText()).toMatch(new RegExp(`^#?${name}=`, 'm'))
})
