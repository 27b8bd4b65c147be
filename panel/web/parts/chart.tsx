import { Paper, Text, useComputedColorScheme } from '@mantine/core'
import { useEffect, useMemo, useRef } from 'react'
import UPlot from 'uplot'
import type { Format } from '../i18n/format.ts'
import { useLocale } from '../i18n/locale.tsx'
import { markSteps, markTexts } from './time-marks.ts'
import 'uplot/dist/uPlot.min.css'

interface ChartProps {
  readonly title: string
  readonly times: readonly string[]
  readonly values: readonly number[]
  /** Writes a value with its unit. */
  readonly show: (value: number) => string
  /** Distances at which the values' marks may stand; unset: round decimal ones. */
  readonly steps?: readonly number[]
}

/** For bytes, whose units are powers of two. */
export const byteSteps: readonly number[] = Array.from({ length: 44 }, (_none, power) => 2 ** power)

/** A line of a few samples is not stretched further than this, in seconds. */
const leastSpan = 300
const height = 180

/** One line over time. Who does not see it is told the least, the most and the latest. */
export function Chart({ title, times, values, show, steps }: ChartProps) {
  const { t, format } = useLocale()
  const scheme = useComputedColorScheme('light')
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | undefined>(undefined)
  const data = useMemo<UPlot.AlignedData>(
    () => [times.map((time) => Date.parse(time) / 1000), [...values]],
    [times, values],
  )
  const latest = useRef(data)
  latest.current = data
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const made = new UPlot(optionsFor({ element, scheme, show, steps, format }), latest.current, element)
    plot.current = made
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [scheme, show, steps, format])
  useEffect(() => plot.current?.setData(data), [data])
  const summary = t('chart.summary', {
    title,
    least: show(Math.min(...values)),
    most: show(Math.max(...values)),
    latest: show(values.at(-1) ?? 0),
  })
  return (
    <Paper withBorder p="sm">
      <Text size="sm" fw={600}>
        {title}: <bdi className="number">{show(values.at(-1) ?? 0)}</bdi>
      </Text>
      <div role="img" aria-label={summary} dir="ltr" ref={place} />
    </Paper>
  )
}

interface Look {
  readonly element: HTMLElement
  readonly scheme: 'light' | 'dark'
  readonly show: (value: number) => string
  readonly steps: readonly number[] | undefined
  readonly format: Format
}

function optionsFor({ element, scheme, show, steps, format }: Look): UPlot.Options {
  const ink = scheme === 'dark' ? '#c1c7cd' : '#495057'
  const line = scheme === 'dark' ? '#91a7ff' : '#364fc7'
  const grid = { stroke: scheme === 'dark' ? '#3b3f45' : '#e3e6e9', width: 1 }
  return {
    width: Math.max(200, element.clientWidth),
    height,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { range: (_plot, first, last) => [Math.min(first, last - leastSpan), last] },
      y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.15 : 1] },
    },
    axes: [
      {
        stroke: ink,
        grid,
        incrs: [...markSteps],
        values: (_plot, seconds) => markTexts(seconds, format),
      },
      {
        stroke: ink,
        grid,
        size: 76,
        ...(steps === undefined ? {} : { incrs: [...steps] }),
        values: (_plot, marks) => marks.map((mark) => show(mark)),
      },
    ],
    series: [{}, { stroke: line, width: 2, fill: `${line}22`, points: { show: false } }],
  }
}
