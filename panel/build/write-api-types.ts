/** Writes the panel's types anew after the API has changed (`npm run api-types`). */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentApiTypes } from './current-api-types.ts'

const root = join(import.meta.dirname, '..', '..')
const path = join(root, 'panel', 'web', 'api', 'api-types.ts')
writeFileSync(path, currentApiTypes())
execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', path], { stdio: 'inherit' })
