/** Which files of a folder hold which collections of an old system. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../domain/failure.ts'

export interface ExportFolder<Name extends string> {
  /** The file of each collection that is there. */
  readonly files: ReadonlyMap<Name, { readonly name: string; readonly path: string }>
  /** Files that belong to no collection asked for. */
  readonly others: readonly string[]
}

/**
 * Finds `<collection>.json`, `.jsonl` or `.ndjson`, also as `<database>.<collection>.json`, by any of a collection's names.
 * Throws `usage` when the folder cannot be read, holds none of them, or one of them twice.
 */
export function readExportFolder<Name extends string>(
  folder: string,
  collections: Readonly<Record<Name, readonly string[]>>,
): ExportFolder<Name> {
  const names = Object.keys(collections) as Name[]
  const files = new Map<Name, { name: string; path: string }>()
  const others: string[] = []
  for (const name of filesOf(folder)) {
    const stem = /^(?:.*\.)?([^.]+)\.(?:json|jsonl|ndjson)$/i.exec(name)?.[1]?.toLowerCase()
    const collection = names.find((candidate) => stem !== undefined && collections[candidate].includes(stem))
    if (collection === undefined) {
      others.push(name)
      continue
    }
    const already = files.get(collection)
    if (already !== undefined) {
      throw new Failure('usage', `${already.name} and ${name} in ${folder} are both ${collection}: move one away`)
    }
    files.set(collection, { name, path: join(folder, name) })
  }
  if (files.size === 0) {
    const dump = others.some((name) => name.endsWith('.bson')) ? ' These are files of mongodump: use mongoexport.' : ''
    throw new Failure(
      'usage',
      `${folder} holds none of ${names.map((name) => `${name}.json`).join(', ')}; mongoexport writes them.${dump}`,
    )
  }
  return { files, others }
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new Failure('usage', `the folder ${folder} cannot be read (${code})`, { cause })
  }
}
