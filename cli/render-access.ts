import type { ApiTokenView } from '../domain/api-token.ts'
import type { SessionView } from '../domain/user.ts'
import { formatLocalStamp } from './format.ts'
import type { Output } from './output.ts'
import { renderTable } from './table.ts'

const titleStyle = (output: Output) => (text: string) => output.style('dim', text)

/** Renders open sessions as a table, in local time. */
export function renderSessions(output: Output, sessions: readonly SessionView[]): string {
  if (sessions.length === 0) return 'No open sessions.'
  return renderTable(
    [
      { title: 'ID', text: (session) => session.id },
      { title: 'LAST SEEN', text: (session) => formatLocalStamp(session.last_seen_at) },
      { title: 'SINCE', text: (session) => formatLocalStamp(session.created_at), dropOrder: 2 },
      { title: 'FROM', text: (session) => session.source, shrinkTo: 12 },
      { title: 'WITH', text: (session) => session.user_agent ?? '-', shrinkTo: 8, dropOrder: 1 },
    ],
    sessions,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

/** Renders API tokens as a table, in local time. */
export function renderTokens(output: Output, tokens: readonly ApiTokenView[], nowMs: number): string {
  if (tokens.length === 0) return 'No API tokens: ./botfleet token create USERNAME --name NAME makes one.'
  return renderTable(
    [
      { title: 'ID', text: (token) => token.id },
      { title: 'USER', text: (token) => token.username, shrinkTo: 8 },
      { title: 'NAME', text: (token) => token.name, shrinkTo: 10 },
      {
        title: 'STATE',
        text: (token) => stateOf(token, nowMs),
        style: (token, cell) => (stateOf(token, nowMs) === 'good' ? cell : output.style('dim', cell)),
      },
      { title: 'SCOPES', text: (token) => token.scopes?.join(' ') ?? 'all', shrinkTo: 10, dropOrder: 1 },
      { title: 'ENDS', text: (token) => stampOf(token.expires_at, 'never'), dropOrder: 3 },
      { title: 'LAST USED', text: (token) => stampOf(token.last_used_at, 'never'), dropOrder: 2 },
      { title: 'FROM', text: (token) => token.last_used_from ?? '-', dropOrder: 4 },
    ],
    tokens,
    { width: output.width, styleTitle: titleStyle(output) },
  )
}

function stateOf(token: ApiTokenView, nowMs: number): 'good' | 'expired' | 'revoked' {
  if (token.revoked_at !== null) return 'revoked'
  return token.expires_at !== null && Date.parse(token.expires_at) <= nowMs ? 'expired' : 'good'
}

function stampOf(time: string | null, otherwise: string): string {
  return time === null ? otherwise : formatLocalStamp(time)
}
