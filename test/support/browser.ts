/**
 * A headless Chromium that npm brings along (`@sparticuz/chromium`), unpacked once into `node_modules/.cache`: nothing
 * is fetched, and nothing of the system but libc is needed. It calls nobody by itself.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflate } from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

const cacheFolder = join(import.meta.dirname, '..', '..', 'node_modules', '.cache')
const packageFolder = dirname(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))))
const archives = ['chromium.br', 'swiftshader.tar.br', 'fonts.tar.br', 'al2023.tar.br']

/** Starts the browser; the web's own security stays on, which the package's suggested flags would switch off. */
export async function launchBrowser(): Promise<Browser> {
  const folder = await unpack()
  const executablePath = join(folder, 'chromium')
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--headless=shell',
      '--no-sandbox',
      '--no-zygote',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-domain-reliability',
      '--disable-sync',
      '--no-first-run',
      '--no-pings',
      '--dns-prefetch-disable',
    ],
    env: { ...process.env, ...replacements(folder, executablePath) },
  })
}

/** Unpacks beside the final place and renames, so that test files which start at once never see half a browser. */
async function unpack(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  const folder = join(cacheFolder, `chromium-${version}`)
  if (existsSync(folder)) return folder
  mkdirSync(cacheFolder, { recursive: true })
  const half = mkdtempSync(join(cacheFolder, 'chromium-half-'))
  const before = process.env['TMPDIR']
  try {
    // The package unpacks into the folder for temporary files, wherever that is.
    process.env['TMPDIR'] = half
    for (const archive of archives) await inflate(join(packageFolder, 'bin', archive))
    renameSync(half, folder)
  } catch (error) {
    rmSync(half, { recursive: true, force: true })
    // Another test file was faster.
    if (!existsSync(folder)) throw error
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
  return folder
}

/** The package's own libraries and fonts, where this machine has none. */
function replacements(folder: string, executablePath: string): Record<string, string> {
  const libraries = execFileSync('ldd', [executablePath], { encoding: 'utf8' })
  return {
    ...(libraries.includes('not found') ? { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') } : {}),
    ...(existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') }),
  }
}
