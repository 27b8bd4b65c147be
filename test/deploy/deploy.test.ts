import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parser } from '@prometheus-io/lezer-promql'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { buildProgram } from '../../cli/program.ts'
import { states } from '../../domain/instance.ts'
import { parseSettings } from '../../domain/settings.ts'
import { Metrics, metricLabels } from '../../runtime/metrics.ts'

const folder = join(import.meta.dirname, '..', '..', 'deploy')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly summary: string; readonly action: string }
}
interface Panel {
  readonly title: string
  readonly targets: readonly { readonly expr: string }[]
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
}

const rules = (parse(read('prometheus-alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
)
const { panels } = JSON.parse(read('grafana-dashboard.json')) as { panels: Panel[] }
const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
]

let exported: Set<string>
beforeAll(async () => {
  const metrics = new Metrics({ server: 'server1', version: '1' })
  const text = await metrics.scrape({ poolWaiting: 0, eventStreams: 0 }, undefined)
  exported = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
})

describe.each(expressions)('%s: %s', (_name, expr) => {
  it('is PromQL', () => {
    const wrong: string[] = []
    parser.parse(expr.replaceAll('$server', 'x')).iterate({
      enter: (node) => {
        if (node.type.isError) wrong.push(expr.slice(node.from, node.to + 10))
      },
    })
    expect(wrong).toEqual([])
  })

  it('asks for states of bots that there are', () => {
    for (const [, named = ''] of expr.matchAll(/state=~?"([^"]*)"/g)) {
      for (const state of named.split('|')) expect(states).toContain(state)
    }
  })

  it('asks for metrics and labels that there are', () => {
    for (const [name] of expr.matchAll(/\bbotfleet_[a-z_]+/g)) expect(exported).toContain(name)
    const given = new Set<string>([...metricLabels, 'le', 'job', 'instance'])
    const named = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
    const matched = [...expr.matchAll(/([a-z_]+)=~?"/g)].flatMap(([, label = '']) => [label])
    for (const label of [...named, ...matched]) expect(given).toContain(label)
  })
})

describe('alert rules', () => {
  it('are ten at most, each with its own name and what to do', () => {
    expect(rules.length).toBeGreaterThanOrEqual(8)
    expect(rules.length).toBeLessThanOrEqual(10)
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const { annotations } of rules) {
      expect(annotations.summary).toMatch(/\.$/)
      expect(annotations.action).not.toBe('')
    }
  })

  it('name commands and settings that there are', () => {
    const program = buildProgram({} as never)
    const commands = program.commands.map((command) => command.name())
    const settings = Object.keys(parseSettings({}))
    for (const { annotations } of rules) {
      for (const [, command = '', sub = ''] of annotations.action.matchAll(/\.\/botfleet ([a-z-]+)(?: ([a-z-]+))?/g)) {
        expect(commands).toContain(command)
        const subs = program.commands.find((each) => each.name() === command)?.commands.map((each) => each.name()) ?? []
        if (subs.length > 0) expect(subs).toContain(sub)
      }
      for (const [name] of annotations.action.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)) expect(settings).toContain(name)
    }
  })
})

describe('the dashboard', () => {
  it('has no panel over another', () => {
    for (const [index, { gridPos: a, title }] of panels.entries()) {
      for (const { gridPos: b } of panels.slice(index + 1)) {
        const isApart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
        expect(isApart, title).toBe(true)
      }
    }
  })

  it('shows every metric but those that are asked for apart', () => {
    const shown = expressions.map(([, expr]) => expr).join(' ')
    const families = new Set([...exported].map((name) => name.replace(/_(bucket|sum|count)$/, '')))
    const missing = [...families].filter((name) => !shown.includes(name))
    expect(missing.sort()).toEqual(['botfleet_bot_cpu_seconds_total', 'botfleet_bot_resident_memory_bytes'])
  })
})

describe('the unit', () => {
  const unit = read('botfleet@.service')
  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

  it('leaves workers for the next supervisor, and V8 its own memory', () => {
    expect(unit).toMatch(/^KillMode=process$/m)
    expect(unit).toMatch(/^ExecStart=.* serve --keep-workers$/m)
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m)
    expect(unit).not.toMatch(/^ProcSubset=/m)
    const stop = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
    expect(stop).toBeGreaterThan(parseSettings({}).GRACE_SECONDS)
  })

  it.skipIf(!hasSystemd)('is as closed as systemd-analyze wants: an exposure of 2.0 at most', () => {
    const run = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=20', '--no-pager', join(folder, 'botfleet@.service')],
      { encoding: 'utf8' },
    )
    expect(run.status, run.stdout.slice(-400) + run.stderr).toBe(0)
  })
})
