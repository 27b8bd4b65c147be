import type { ServerView } from '../services/list-servers.ts'
import { formatBytes, formatDuration, formatPercent } from './format.ts'
import type { Output } from './output.ts'
import { renderTable } from './table.ts'

/** Renders the servers as a table. */
export function renderServers(output: Output, servers: readonly ServerView[], nowMs: number): string {
  if (servers.length === 0) return 'No server has run here yet: ./botfleet serve'
  return renderTable(
    [
      { title: 'SERVER', text: (server) => server.name },
      {
        title: 'STATE',
        text: stateOf,
        style: (server, cell) => (server.alive ? output.style(server.draining ? 'yellow' : 'green', cell) : cell),
      },
      { title: 'BOTS', align: 'right', text: (server) => `${server.assigned}/${server.capacity}` },
      { title: 'RUNNING', align: 'right', text: (server) => String(server.running), dropOrder: 2 },
      { title: 'TROUBLE', align: 'right', text: (server) => String(server.troubled), dropOrder: 2 },
      {
        title: 'CPU',
        align: 'right',
        text: (server) => (server.running === 0 ? '-' : formatPercent(server.cpu_percent)),
        dropOrder: 3,
      },
      {
        title: 'MEM',
        align: 'right',
        text: (server) => (server.memory_bytes === 0 ? '-' : formatBytes(server.memory_bytes)),
        dropOrder: 3,
      },
      {
        title: 'UPTIME',
        align: 'right',
        text: (server) =>
          server.alive && server.started_at !== null ? formatDuration(nowMs - Date.parse(server.started_at)) : '-',
        dropOrder: 1,
      },
      {
        title: 'SPARE',
        align: 'right',
        text: (server) =>
          server.standby_count === 0 || !server.alive ? '-' : formatBytes(server.standby_memory_bytes),
        dropOrder: 4,
      },
      { title: 'VERSION', text: (server) => server.version ?? '-', dropOrder: 5 },
      { title: 'URL', text: (server) => server.url ?? '-', dropOrder: 4 },
    ],
    servers,
    { width: output.width, styleTitle: (text) => output.style('dim', text) },
  )
}

function stateOf(server: ServerView): string {
  if (!server.alive) return server.draining ? 'down, drained' : 'down'
  return server.draining ? 'drained' : 'up'
}
