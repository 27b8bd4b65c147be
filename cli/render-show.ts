import type { InstanceView } from '../domain/instance.ts'
import { formatBytes, formatDuration, formatLocalTime, formatPercent, formatRelative } from './format.ts'
import { nextStep, stateStyle, stateWord } from './instance-words.ts'
import type { Output } from './output.ts'
import { escapeControls, padText, wrapText } from './text-width.ts'

/** Renders one bot as aligned keys and values; times in the viewer's own zone. `link`: of a WhatsApp bot, in words. */
export function renderInstance(output: Output, view: InstanceView, nowMs: number, link?: string): string {
  const style = stateStyle(view)
  const word = stateWord(view)
  const state = style === undefined ? word : output.style(style, word)
  const step = nextStep(view)
  return renderPairs(output, [
    ['id', view.id],
    ['name', escapeControls(view.name)],
    ['bot', botOf(view)],
    ['link', link],
    ['tenant', view.tenant + (view.is_master ? ' (the master bot)' : '')],
    ['owner', view.owner === null ? undefined : escapeControls(view.owner)],
    ['state', `${state} for ${formatDuration(nowMs - Date.parse(view.state_at))}`],
    ['trouble', view.last_error === null ? undefined : output.style('red', escapeControls(view.last_error))],
    ['next try', view.next_try_at === null ? undefined : timeOf(view.next_try_at, nowMs)],
    ['suspended', view.suspended_reason === null ? undefined : escapeControls(view.suspended_reason)],
    ['status', `${view.status}, wanted ${view.desired}${view.resumes_with_agent ? ' while its agent is paused' : ''}`],
    ['approved', view.approved_at === null ? undefined : timeOf(view.approved_at, nowMs)],
    ['expires', view.expires_at === null ? undefined : timeOf(view.expires_at, nowMs)],
    ['restarts', String(view.restarts)],
    ['uses', usageOf(view)],
    ['server', `${view.server_name} (${view.placement})${view.port === null ? '' : `, port ${view.port}`}`],
    ['process', view.pid === null ? undefined : `pid ${view.pid}, epoch ${view.epoch}`],
    ['limits', `${view.rate_limit_rps}/s, ${view.max_concurrent_requests} at once`],
    ['created', timeOf(view.created_at, nowMs)],
    ['next', step === undefined ? undefined : output.style('bold', step)],
  ])
}

/** Renders aligned keys and values; a value that is undefined leaves its line out. */
export function renderPairs(output: Output, pairs: readonly (readonly [string, string | undefined])[]): string {
  const given = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined)
  const width = Math.max(...given.map(([key]) => key.length))
  return given
    .flatMap(([key, value]) =>
      wrapText(value, output.width - width - 2).map(
        (line, at) => `${output.style('dim', padText(at === 0 ? key : '', width))}  ${line}`,
      ),
    )
    .join('\n')
}

function botOf(view: InstanceView): string {
  if (view.platform === 'whatsapp') return `WhatsApp ${view.phone_number ?? ''}`.trimEnd()
  const name = view.username === null ? '' : ` @${view.username}`
  return `Telegram${name}${view.bot_id === null ? '' : ` (${view.bot_id})`}`
}

function timeOf(time: string, nowMs: number): string {
  return `${formatLocalTime(time)} (${formatRelative(time, nowMs)})`
}

function usageOf(view: InstanceView): string | undefined {
  if (view.memory_bytes === null || view.cpu_percent === null) return undefined
  return `${formatBytes(view.memory_bytes)} memory, ${formatPercent(view.cpu_percent)} of a core`
}
