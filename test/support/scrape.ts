/** Reads the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export interface SeriesSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Scrape {
  readonly samples: readonly SeriesSample[]
  /** Of each metric: `counter`, `gauge`, `histogram`. */
  readonly types: ReadonlyMap<string, string>
}

/** Throws on a line that is none of the format. */
export function parseScrape(text: string): Scrape {
  const types = new Map<string, string>()
  const samples: SeriesSample[] = []
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/.exec(line) ?? []
    if (typed !== undefined && type !== undefined) types.set(typed, type)
    if (line === '' || line.startsWith('# ')) continue
    const found = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.eE+-]+|NaN|\+Inf|-Inf)$/.exec(line)
    if (found === null) throw new Error(`no line of a scrape: ${line}`)
    const labels: Record<string, string> = {}
    for (const [, name, value] of (found[2] ?? '').matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)) {
      if (name !== undefined) labels[name] = value ?? ''
    }
    samples.push({ name: found[1] ?? '', labels, value: Number(found[3]?.replace('Inf', 'Infinity')) })
  }
  return { samples, types }
}

/** The value of one series; undefined when it is not there. */
export function valueOf({ samples }: Scrape, name: string, labels: Record<string, string> = {}): number | undefined {
  return samples.find(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value
}
