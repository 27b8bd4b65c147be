/** What Telegram says of a token. `unreachable` means that nobody answered, which says nothing of the token. */
export type TokenCheck =
  | { readonly kind: 'valid'; readonly botId: string; readonly username: string | null; readonly name: string }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'unreachable'; readonly reason: string }

interface GetMeAnswer {
  ok?: boolean
  error_code?: number
  result?: { id?: number; username?: string; first_name?: string }
}

/** Asks getMe with a time limit; follows no redirect. The reason never holds the token. */
export async function checkTelegramToken(options: {
  apiRoot: string
  token: string
  timeoutMs: number
}): Promise<TokenCheck> {
  let response: Response
  try {
    response = await fetch(`${options.apiRoot}/bot${options.token}/getMe`, {
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs),
    })
  } catch (error) {
    const cause = (error as { cause?: NodeJS.ErrnoException }).cause
    const reason = (error as Error).name === 'TimeoutError' ? 'no answer in time' : (cause?.code ?? 'no connection')
    return { kind: 'unreachable', reason }
  }
  if (response.status === 401 || response.status === 404) return { kind: 'invalid' }
  const answer = (await response.json().catch(() => ({}))) as GetMeAnswer
  if (response.ok && answer.ok === true && typeof answer.result?.id === 'number') {
    const { id, username, first_name: name } = answer.result
    return { kind: 'valid', botId: String(id), username: username ?? null, name: name ?? '' }
  }
  return { kind: 'unreachable', reason: `Telegram answered ${response.status}` }
}
