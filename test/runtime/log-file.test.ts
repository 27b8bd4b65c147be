import { appendFile, copyFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  findEnd,
  followLines,
  formatPlace,
  type LogLine,
  type LogPlace,
  linesBackward,
  parsePlace,
  readAddedLines,
  readLastLines,
} from '../../runtime/log-file.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'botfleet-log-'))
  path = join(folder, 'bot.log')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('the last lines are read without the rest of the file', async () => {
  const lines = Array.from({ length: 30_000 }, (_, at) => `line ${at} ${'x'.repeat(at % 50)} 店`)
  await writeFile(path, `${lines.join('\n')}\n`)
  expect(await readLastLines(path, 3)).toEqual(lines.slice(-3))
  expect(await readLastLines(path, 20_000)).toEqual(lines.slice(-20_000))
  expect(await readLastLines(path, 0)).toEqual([])
  expect(await readLastLines(path, 1_000_000)).toEqual(lines)
})

test('a last line without an end is a line', async () => {
  await writeFile(path, 'one\ntwo')
  expect(await readLastLines(path, 1)).toEqual(['two'])
})

test('the last lines reach back into rotated files', async () => {
  await writeFile(`${path}.2`, 'a\nb\n')
  await writeFile(`${path}.1`, 'c\nd\n')
  await writeFile(path, 'e\n')
  expect(await readLastLines(path, 4)).toEqual(['b', 'c', 'd', 'e'])
  expect(await readLastLines(path, 10)).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('a log that does not exist has no lines', async () => {
  expect(await readLastLines(path, 5)).toEqual([])
})

async function following(work: (seen: string[]) => Promise<void>): Promise<void> {
  const stopping = new AbortController()
  const seen: string[] = []
  const done = followLines(path, (line) => seen.push(line), stopping.signal)
  try {
    await work(seen)
  } finally {
    stopping.abort()
    await done
  }
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 })

test('following hands on what is added, whole lines only', async () => {
  await writeFile(path, 'old\n')
  await following(async (seen) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    await appendFile(path, 'new\nhal')
    await until(() => expect(seen).toEqual(['new']))
    await appendFile(path, 'f\n')
    await until(() => expect(seen).toEqual(['new', 'half']))
  })
})

test('following goes on after a rotation by copy and truncate', async () => {
  await writeFile(path, 'old\n'.repeat(50))
  await following(async (seen) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    await copyFile(path, `${path}.1`)
    await truncate(path, 0)
    await appendFile(path, 'after\n')
    await until(() => expect(seen).toEqual(['after']))
  })
})

test('following goes on in the file of a new worker, which carries the old one along', async () => {
  await writeFile(path, 'old\n')
  await following(async (seen) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    await appendFile(path, 'last words\n')
    await writeFile(`${path}.new`, 'old\nlast words\nfirst words\n')
    await rename(`${path}.new`, path)
    await until(() => expect(seen).toEqual(['last words', 'first words']))
  })
})

test('following goes on in a new file when the old one was kept as an older one', async () => {
  await writeFile(path, 'old\n')
  await following(async (seen) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    await appendFile(path, 'last words\n')
    await rename(path, `${path}.1`)
    await writeFile(path, 'first words\n')
    await until(() => expect(seen).toEqual(['last words', 'first words']))
  })
})

test('following waits for a log that is not there yet', async () => {
  await following(async (seen) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    await writeFile(path, 'hello\n')
    await until(() => expect(seen).toEqual(['hello']))
  })
})

async function pageBefore(before: LogPlace | undefined, count: number): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of linesBackward(path, before)) if (lines.push(line) === count) break
  return lines
}

test('pages backwards are the whole log once, also when it is rotated between them', async () => {
  const all = Array.from({ length: 500 }, (_, at) => `line ${at}`)
  await writeFile(`${path}.1`, `${all.slice(0, 200).join('\n')}\n`)
  await writeFile(path, `${all.slice(200).join('\n')}\n`)
  const seen: string[] = []
  let before: LogPlace | undefined
  for (let page = 0; ; page += 1) {
    if (page === 2) {
      await rename(`${path}.1`, `${path}.2`)
      await copyFile(path, `${path}.1`)
      await writeFile(path, 'new\n')
    }
    const lines = await pageBefore(before, 37)
    if (lines.length === 0) break
    seen.push(...lines.map(({ text }) => text))
    before = lines.at(-1)?.place
  }
  expect(seen.reverse()).toEqual(all)
})

test('a place that was rotated away has nothing before it', async () => {
  await writeFile(path, 'a\nb\n')
  const [line] = await pageBefore(undefined, 1)
  await writeFile(path, 'other\n')
  expect(await pageBefore(line?.place, 5)).toEqual([])
})

test('what was added is read from a place, through rotations, and never in half', async () => {
  await writeFile(path, 'a\nb\nhal')
  const end = await findEnd(path)
  expect(await readAddedLines(path, end)).toMatchObject({ lines: [], isSkipped: false })
  await appendFile(path, 'f\n')
  await copyFile(path, `${path}.1`)
  await writeFile(path, 'c\n')
  const added = await readAddedLines(path, end)
  expect(added).toMatchObject({ lines: ['half', 'c'], isMore: false, isSkipped: false })
  expect((await readAddedLines(path, added.place)).lines).toEqual([])
})

test('a file that begins as the one before it did is another file all the same', async () => {
  await writeFile(path, 'again\nagain\n')
  const end = await findEnd(path)
  await appendFile(path, 'last\n')
  await copyFile(path, `${path}.1`)
  await truncate(path, 0)
  await appendFile(path, 'again\n')
  const added = await readAddedLines(path, end)
  expect(added).toMatchObject({ lines: ['last', 'again'], isSkipped: false })
  await appendFile(path, 'new\n')
  expect((await readAddedLines(path, added.place)).lines).toEqual(['new'])
  const before: string[] = []
  for await (const { text } of linesBackward(path, end)) before.push(text)
  expect(before).toEqual(['again', 'again'])
})

test('what was added is read in portions, and a place that is gone is said to be', async () => {
  const lines = Array.from({ length: 10_000 }, (_, at) => `line ${at}`)
  await writeFile(path, `${lines.join('\n')}\n`)
  const seen: string[] = []
  let place: LogPlace | undefined
  let isMore = true
  while (isMore) {
    const added = await readAddedLines(path, place, 1000)
    ;({ place, isMore } = added)
    seen.push(...added.lines)
  }
  expect(seen).toEqual(lines)
  await writeFile(path, 'other\n')
  expect(await readAddedLines(path, place)).toMatchObject({ lines: ['other'], isSkipped: true })
})

test('a place is read back as it was written, and nothing else is one', () => {
  const place = { file: '0123456789abcdef', offset: 42 }
  expect(parsePlace(formatPlace(place))).toEqual(place)
  for (const text of ['', '0123456789abcdef', '0123456789abcdef.-1', '../../x.1', '0123456789abcdef.1e3']) {
    expect(parsePlace(text)).toBeUndefined()
  }
})

test('a line without an end is handed on in pieces', async () => {
  await writeFile(path, 'x'.repeat(3 * 1024 * 1024))
  const { lines } = await readAddedLines(path, undefined, 16 * 1024 * 1024)
  expect(lines.length).toBeGreaterThan(1)
  expect((await readLastLines(path, 10)).join('').length).toBe(3 * 1024 * 1024)
})
