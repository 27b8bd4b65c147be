/** A file that is there whole or not at all, whatever ends its writer: written beside its place, flushed, then moved. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../domain/failure.ts'

export interface WriteWholeFile {
  readonly path: string
  /** Replace a file that is there already; else that is a `conflict`. */
  readonly overwrite: boolean
  readonly source: AsyncIterable<Buffer>
}

/**
 * Writes a file of mode 0600. On any failure nothing of it is left, and what stood in its place still does.
 * @returns its length in bytes.
 */
export async function writeWholeFile({ path, overwrite, source }: WriteWholeFile): Promise<number> {
  await refuseTaken(path, overwrite)
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.partial`)
  const handle = await open(temporary, 'wx', 0o600).catch((error: unknown) => {
    throw fileFailure(path, error)
  })
  try {
    const bytes = await writeAll(handle, source, path)
    await put(temporary, path, overwrite)
    return bytes
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Throws `conflict` when the place is taken; cheap, so that nothing long is begun in vain. */
export async function refuseTaken(path: string, overwrite: boolean): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw fileFailure(path, error)
  })
  if (found === undefined) return
  if (!found.isFile()) throw new Failure('usage', `${path} is not a plain file: name another one`)
  if (!overwrite) throw taken(path)
}

/** What a file system's error means to a person. */
export function fileFailure(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  const options = { cause: error }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure('unavailable', `the disk of ${path} is full: make room or name another place`, options)
    case 'EFBIG':
      return new Failure('unavailable', `${path} would be larger than a file may be there`, options)
    case 'EROFS':
      return new Failure('unavailable', `${path} is on a file system that takes no writes`, options)
    case 'EIO':
      return new Failure('unavailable', `the disk of ${path} fails (EIO)`, options)
    case 'EACCES':
    case 'EPERM':
      return new Failure('not_allowed', `no permission for ${path}: run as a user who has it`, options)
    case 'ENOENT':
      return new Failure('not_found', `${path}: no such file or folder`, options)
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ENAMETOOLONG':
      return new Failure('usage', `${path} cannot be a file (${code})`, options)
    case undefined:
    default:
      return error
  }
}

async function writeAll(handle: FileHandle, source: AsyncIterable<Buffer>, path: string): Promise<number> {
  const guard = async (work: Promise<unknown>) => {
    await work.catch((error: unknown) => {
      throw fileFailure(path, error)
    })
  }
  let bytes = 0
  try {
    for await (const piece of source) {
      await guard(handle.writeFile(piece))
      bytes += piece.length
    }
    await guard(handle.sync())
  } finally {
    await handle.close()
  }
  return bytes
}

async function put(temporary: string, path: string, overwrite: boolean): Promise<void> {
  try {
    if (overwrite) await rename(temporary, path)
    else await putNew(temporary, path)
    const folder = await open(dirname(path), constants.O_RDONLY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    throw fileFailure(path, error)
  }
}

/** A link fails where a file has come meanwhile; a rename would replace it. */
async function putNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw taken(path)
    // File systems without links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error
    await refuseTaken(path, false)
    await rename(temporary, path)
  }
}

function taken(path: string): Failure {
  return new Failure('conflict', `${path} is there already: name another file, or give --force to replace it`)
}
