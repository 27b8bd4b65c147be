/** Who steps out of the gateway's role: the master's people, and who holds a code for a user of ours. Nobody else does. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

/** The program's files that hold a pattern, with how often. */
function found(pattern: RegExp): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const folder of ['gateway', 'services', 'db', 'domain', 'orchestrator', 'cli', 'runtime']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
      const path = join(entry.parentPath, entry.name)
      const count = readFileSync(path, 'utf8').match(pattern)?.length ?? 0
      if (count > 0) counts[path.slice(root.length + 1)] = count
    }
  }
  return counts
}

test('the role is left in one place, by two callers', () => {
  expect(found(/\bleaveRole\(/g)).toEqual({
    'gateway/admin-calls.ts': 1,
    'gateway/business-calls.ts': 1,
    'gateway/tenant-role.ts': 1,
  })
})

test('nothing else sets a role, or the fence', () => {
  expect(found(/\b(?:set|reset)\s+(?:(?:local|session)\s+)?(?:role|session\s+authorization)\b(?! =)/gi)).toEqual({
    'db/database.ts': 1,
    'gateway/tenant-role.ts': 1,
  })
  expect(found(/set_config\(\s*'(?:role|session_authorization|botfleet\.fence)'|botfleet\.fence/g)).toEqual({
    'gateway/tenant-role.ts': 1,
  })
})
