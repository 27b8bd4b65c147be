import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeTelegram {
  readonly url: string
  /** Tokens it accepts, with the bot's username; others are refused as the real server does. */
  readonly tokens: Map<string, string>
  /** A webhook that somebody has set, by token. */
  readonly webhooks: Map<string, string>
  close(): Promise<void>
}

/** A remote Bot API with getMe and getWebhookInfo. */
export async function startFakeTelegram(): Promise<FakeTelegram> {
  const tokens = new Map<string, string>()
  const webhooks = new Map<string, string>()
  const server = createServer((request, response) => {
    const [, token = '', method = ''] = /^\/bot([^/]+)\/(\w+)/.exec(request.url ?? '') ?? []
    const username = tokens.get(token)
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (username === undefined) answer(401, { ok: false, error_code: 401, description: 'Unauthorized' })
    else if (method === 'getMe') {
      answer(200, {
        ok: true,
        result: { id: Number(token.split(':')[0]), is_bot: true, first_name: username, username },
      })
    } else answer(200, { ok: true, result: { url: webhooks.get(token) ?? '' } })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    tokens,
    webhooks,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
