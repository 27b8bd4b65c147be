/** What a server needs of the machine that it runs on. */
import type { StatsFs } from 'node:fs'
import { access, constants, readdir, readFile, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { isLoopbackHost, plainPlaces } from '../domain/loopback.ts'
import { secretSettings } from '../domain/settings.ts'
import type { Config } from '../runtime/config.ts'
import type { Finding } from './diagnosis.ts'
import { formatBytes } from './format.ts'

/** The longest path that a unix socket may have (`sun_path` less its end). */
const socketPathMax = 107
const diskWarnBytes = 1024 ** 3
const diskFailBytes = 100 * 1024 ** 2
const inodesWarn = 10_000
/** Of the range of workers' ports, those that are tried. */
const portsTried = 50

export type Look = Omit<Finding, 'name'>

export async function examineNode(version = process.versions.node): Promise<Look> {
  if (Number(version.split('.')[0]) >= 24) return { verdict: 'ok', detail: `Node ${version}` }
  return { verdict: 'fail', detail: `Node ${version}; 24 or newer is needed`, todo: 'npm ci' }
}

export async function examineHome(config: Config): Promise<Look> {
  const found = await stat(config.home).catch(() => undefined)
  if (found === undefined) {
    return { verdict: 'ok', detail: `${config.home} is made when it is first needed` }
  }
  if (!found.isDirectory()) {
    return {
      verdict: 'fail',
      detail: `${config.home} is no folder`,
      todo: 'move it away, or set BOTFLEET_HOME to another',
    }
  }
  if (!(await mayWrite(config.home))) {
    return {
      verdict: 'fail',
      detail: `${config.home} cannot be written to by this user`,
      todo: `run as its owner (uid ${found.uid}), or set BOTFLEET_HOME to a folder of this user`,
    }
  }
  // The embedded Postgres of a root user needs to pass through (0711); reading is another matter.
  if ((found.mode & 0o066) === 0) return { verdict: 'ok', detail: config.home }
  return { verdict: 'warn', detail: `others can look into ${config.home}`, todo: `chmod go-rw ${config.home}` }
}

/** Files that hold secrets: nobody else may read them. */
export async function examineSecretFiles(config: Config, directory: string): Promise<Look> {
  const { keys } = config.paths
  const folder = await stat(keys).catch(() => undefined)
  const names = (await readdir(keys).catch(() => [])).filter((name) => name.endsWith('.key'))
  const open = await openToOthers(names.map((name) => join(keys, name)))
  if ((folder !== undefined && (folder.mode & 0o077) !== 0) || open.length > 0) {
    return {
      verdict: 'fail',
      detail: `others can look into ${open[0] ?? keys}`,
      todo: `chmod 700 ${keys} && chmod 600 ${join(keys, '*')}`,
    }
  }
  const dotEnv = join(directory, '.env')
  if ((await holdsSecret(dotEnv)) && (await openToOthers([dotEnv])).length > 0) {
    return { verdict: 'warn', detail: `others can read the secrets in ${dotEnv}`, todo: `chmod 600 ${dotEnv}` }
  }
  const password = join(config.home, 'first-owner-password')
  if ((await stat(password).catch(() => undefined)) !== undefined) {
    return {
      verdict: 'warn',
      detail: `the first owner's generated password still stands in ${password}`,
      todo: `change it (./botfleet user password), then rm ${password}`,
    }
  }
  return { verdict: 'ok', detail: names.length === 0 ? 'no key file yet' : `${names.length} in ${keys}` }
}

export async function examineDisk(config: Config): Promise<Look> {
  return judgeDisk(await statfs(config.home).catch(() => statfs(process.cwd())))
}

export function judgeDisk(found: Pick<StatsFs, 'bavail' | 'bsize' | 'files' | 'ffree'>): Look {
  const free = found.bavail * found.bsize
  const detail = `${formatBytes(free)} free`
  if (free < diskFailBytes) return { verdict: 'fail', detail, todo: 'free some space: the database needs it' }
  if (free < diskWarnBytes) return { verdict: 'warn', detail, todo: 'free some space soon' }
  // A file system without a fixed number of them says 0 of 0.
  if (found.files > 0 && found.ffree < inodesWarn) {
    return { verdict: 'warn', detail: `${detail}, ${found.ffree} files can still be made`, todo: 'remove small files' }
  }
  return { verdict: 'ok', detail }
}

export async function examineSocketPath(config: Config): Promise<Look> {
  // The longest name that the gateway binds has its epoch in it.
  const path = join(config.paths.sockets, `gw-${config.settings.SERVERNAME}-1000000.sock`)
  const length = Buffer.byteLength(path)
  if (length <= socketPathMax) return { verdict: 'ok', detail: `${length} of ${socketPathMax} bytes` }
  return {
    verdict: 'fail',
    detail: `${path} has ${length} bytes, ${socketPathMax} are possible`,
    todo: 'set BOTFLEET_HOME to a shorter path',
  }
}

/** Ports of the panel, of its metrics and of the workers; those of a server that runs are its own. */
export async function examinePorts(config: Config, isServerAlive: boolean): Promise<Look> {
  const { HOST: host, PORT: port, WORKER_PORT_BASE: base, WORKER_PORT_COUNT: count } = config.settings
  const { METRICS_HOST: metricsHost, METRICS_PORT: metricsPort = 0 } = config.settings
  const last = base + count - 1
  if (last > 65_535) {
    return {
      verdict: 'fail',
      detail: `worker ports ${base} to ${last} reach beyond 65535`,
      todo: 'lower WORKER_PORT_BASE or WORKER_PORT_COUNT',
    }
  }
  const own = [...(port === 0 ? [] : [port]), ...(metricsPort === 0 ? [] : [metricsPort])]
  const inside = own.find((each) => each >= base && each <= last)
  if (inside !== undefined) {
    return {
      verdict: 'warn',
      detail: `port ${inside} is among those of the workers, ${base} to ${last}: one of them may take it`,
      todo: 'set PORT, METRICS_PORT or WORKER_PORT_BASE apart',
    }
  }
  const detail = `workers ${base}-${last}, panel ${host}:${port}`
  if (isServerAlive) return { verdict: 'ok', detail: `${detail} (in use by the server)` }
  const trouble = await listenTrouble(host, port)
  if (trouble !== undefined) {
    return { verdict: 'warn', detail: `${host}:${port} cannot be used (${trouble})`, todo: 'set HOST and PORT' }
  }
  const noMetrics = metricsPort === 0 ? undefined : await listenTrouble(metricsHost, metricsPort)
  if (noMetrics !== undefined) {
    const place = `${metricsHost}:${metricsPort}`
    return { verdict: 'warn', detail: `${place} cannot be used (${noMetrics})`, todo: 'set METRICS_PORT to another' }
  }
  const tried = Math.min(count, portsTried)
  let taken = 0
  for (let each = base; each < base + tried; each += 1) {
    if ((await listenTrouble('127.0.0.1', each)) !== undefined) taken += 1
  }
  if (taken <= tried / 2) return { verdict: 'ok', detail }
  return {
    verdict: taken === count ? 'fail' : 'warn',
    detail: `${taken} of the first ${tried} worker ports from ${base} are taken by other programs`,
    todo: 'set WORKER_PORT_BASE to where ports are free',
  }
}

/** Who can reach the panel, and how. */
export async function examineReach(config: Config): Promise<Look> {
  const { HOST: host, PUBLIC_URL: shown, PEER_PLAIN_HTTP: plainPeers, PLAIN_HTTP: plain } = config.settings
  if (plainPeers) {
    return {
      verdict: 'warn',
      detail: 'logs are asked of other servers without TLS (PEER_PLAIN_HTTP)',
      todo: 'set PEER_URL of each server to an https address, unless nobody else can read that network',
    }
  }
  const { origins, isBare } = plainPlaces(host, shown)
  if (origins.length > 0) {
    const verdict = plain ? 'warn' : 'fail'
    return { verdict, detail: `${origins.join(', ')} has no TLS`, todo: 'put a TLS proxy in front of it' }
  }
  const through = shown.length === 0 ? '' : `, shown as ${shown.join(', ')}`
  if (isLoopbackHost(host)) return { verdict: 'ok', detail: `the panel answers this machine only${through}` }
  if (!isBare) return { verdict: 'ok', detail: `the panel answers on ${host}${through}` }
  const detail = `the panel ${plain ? 'answers' : 'would answer'} other machines on ${host} without TLS`
  const todo = 'set HOST=127.0.0.1, or put a TLS proxy in front and its address into PUBLIC_URL'
  return plain
    ? { verdict: 'warn', detail, todo }
    : { verdict: 'fail', detail: `${detail}: serve refuses to start`, todo }
}

async function mayWrite(path: string): Promise<boolean> {
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function openToOthers(paths: readonly string[]): Promise<string[]> {
  const open: string[] = []
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && (found.mode & 0o077) !== 0) open.push(path)
  }
  return open
}

async function holdsSecret(dotEnv: string): Promise<boolean> {
  const text = await readFile(dotEnv, 'utf8').catch(() => '')
  const named = parseEnv(text)
  return secretSettings.some((name) => (named[name] ?? '') !== '')
}

function listenTrouble(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen(port, host, () => probe.close(() => resolve(undefined)))
  })
}
