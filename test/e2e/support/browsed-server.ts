/**
 * A server as its first owner meets it: the real `./botfleet serve` with nothing prepared but an empty database, a
 * sandboxed Telegram and a fake WhatsApp before it, and browsers.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { vi } from 'vitest'
import { type Sandbox, startSandbox } from '../../../sandbox/start-sandbox.ts'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../../sandbox/whatsapp/start-fake-whatsapp.ts'
import { launchBrowser } from '../../support/browser.ts'
import { StayingCli } from '../../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

interface Parts {
  readonly db: TestDatabase
  readonly whatsapp: FakeWhatsApp
  readonly sandbox: Sandbox
  readonly browser: Browser
  readonly folder: string
}

export class BrowsedServer {
  readonly whatsapp: FakeWhatsApp
  readonly sandbox: Sandbox
  readonly #parts: Parts
  readonly #server: StayingCli
  readonly #troubles: string[] = []

  private constructor(parts: Parts, settings: Readonly<Record<string, string>>) {
    this.#parts = parts
    this.whatsapp = parts.whatsapp
    this.sandbox = parts.sandbox
    const environment = {
      DATABASE_URL: parts.db.url,
      SERVERNAME: 'alpha',
      BOTFLEET_HOME: this.#home,
      AGENT_TOKEN_AES_KEY: randomBytes(32).toString('base64'),
      TELEGRAM_API_ROOT: parts.sandbox.apiRoot,
      WHATSAPP_WS_URL: parts.whatsapp.url,
      PORT: '0',
      WORKER_PORT_BASE: String(30_000 + Math.floor(Math.random() * 20_000)),
      ...settings,
    }
    this.#server = new StayingCli(['serve'], environment, parts.folder)
  }

  /** Starts it with some settings of its own; resolves when it runs. */
  static async open(settings: Readonly<Record<string, string>>): Promise<BrowsedServer> {
    const whatsapp = await startFakeWhatsApp()
    const server = new BrowsedServer(
      {
        db: await createTestDatabase(),
        whatsapp,
        sandbox: await startSandbox({ whatsapp }),
        browser: await launchBrowser(),
        folder: mkdtempSync(join(tmpdir(), 'botfleet-browsed-')),
      },
      settings,
    )
    await vi.waitFor(() => server.url, { timeout: 30_000, interval: 50 })
    return server
  }

  /** Ends all of it. */
  async close(): Promise<void> {
    const { db, sandbox, browser, folder } = this.#parts
    await browser.close()
    await this.#server.stop()
    await sandbox.stop()
    await this.whatsapp.stop()
    await db.drop()
    rmSync(folder, { recursive: true, force: true })
  }

  /** The panel's address. */
  get url(): string {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(this.#server.stdout)?.[0]
    if (found === undefined) throw new Error(`the server does not run: ${this.#server.stderr}`)
    return found
  }

  /** The password that the server made up at its first start, from the file that its log names. */
  firstPassword(): string {
    const file = /"file":"([^"]+)"/.exec(this.#server.stderr)?.[1]
    if (file === undefined) throw new Error(`the log names no file: ${this.#server.stderr}`)
    return readFileSync(file, 'utf8').trim()
  }

  /** A page in a browser of its own: other cookies, other settings. */
  async open(address: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#parts.browser.newContext({
      baseURL: this.url,
      locale: 'en-GB',
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      ...options,
    })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    page.on('pageerror', (error) => this.#troubles.push(`${page.url()}: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !isSigningIn(message.text())) {
        this.#troubles.push(`${message.location().url}: ${message.text()}`)
      }
    })
    page.on('response', (answer) => {
      if (answer.status() >= 500) this.#troubles.push(`${answer.url()}: ${answer.status()}`)
    })
    await page.goto(address)
    return page
  }

  /** What the content security policy stopped, errors of the pages, and answers that say the server failed. */
  troubles(): readonly string[] {
    const reported = this.#server.stderr.split('\n').filter((line) => line.includes('security policy'))
    return [...this.#troubles, ...reported]
  }

  get #home(): string {
    return join(this.#parts.folder, 'home')
  }
}

/** A browser complains of every 401, and who is not signed in yet gets some. */
function isSigningIn(complaint: string): boolean {
  return complaint.includes('status of 401')
}
