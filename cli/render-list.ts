import type { InstanceView } from '../domain/instance.ts'
import { formatBytes, formatDuration, formatPercent, formatTimeLeft } from './format.ts'
import { stateStyle, stateWord, timeLeftMs, uptimeMs } from './instance-words.ts'
import type { Output } from './output.ts'
import { type Column, renderTable } from './table.ts'

const none = '-'

/** Renders the bots as a table that fits the terminal; nothing for an empty list. */
export function renderList(output: Output, views: readonly InstanceView[], nowMs: number): string {
  if (views.length === 0) return ''
  return renderTable(columnsOf(output, nowMs), views, {
    width: output.width,
    styleTitle: (text) => output.style('dim', text),
  })
}

function columnsOf(output: Output, nowMs: number): Column<InstanceView>[] {
  return [
    { title: 'ID', text: (view) => view.id },
    { title: 'NAME', text: (view) => view.name, shrinkTo: 8, comfortable: 14 },
    {
      title: 'STATE',
      text: stateWord,
      style: (view, cell) => {
        const style = stateStyle(view)
        return style === undefined ? cell : output.style(style, cell)
      },
    },
    { title: 'UPTIME', align: 'right', text: (view) => duration(uptimeMs(view, nowMs)), dropOrder: 3 },
    { title: 'RST', align: 'right', text: (view) => String(view.restarts), dropOrder: 4 },
    { title: 'MEM', align: 'right', text: memoryOf, dropOrder: 5 },
    { title: 'CPU', align: 'right', text: cpuOf, dropOrder: 6 },
    {
      title: 'LEFT',
      align: 'right',
      text: (view) => timeLeft(view, nowMs),
      dropOrder: 1,
      style: (view, cell) => (isSoon(view, nowMs) ? output.style('yellow', cell) : cell),
    },
    { title: 'SERVER', text: (view) => view.server_name, dropOrder: 7 },
    { title: 'TENANT', text: (view) => view.tenant, shrinkTo: 12, dropOrder: 8 },
    { title: 'PLATFORM', text: (view) => view.platform, dropOrder: 9 },
  ]
}

function duration(ms: number | undefined): string {
  return ms === undefined ? none : formatDuration(ms)
}

function memoryOf(view: InstanceView): string {
  return view.memory_bytes === null ? none : formatBytes(view.memory_bytes)
}

function cpuOf(view: InstanceView): string {
  return view.cpu_percent === null ? none : formatPercent(view.cpu_percent)
}

function timeLeft(view: InstanceView, nowMs: number): string {
  const left = timeLeftMs(view, nowMs)
  if (left === undefined) return none
  return left <= 0 ? 'ended' : formatTimeLeft(left)
}

function isSoon(view: InstanceView, nowMs: number): boolean {
  const left = timeLeftMs(view, nowMs)
  return view.status === 'approved' && left !== undefined && left < 3 * 24 * 3_600_000
}
