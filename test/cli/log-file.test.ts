import { appendFile, copyFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { followLines, readLastLines } from '../../cli/log-file.ts'

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

test('following goes on in the file that replaces the old one', async () => {
  await writeFile(path, 'old\n')
  await following(async (seen) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    await appendFile(path, 'last words\n')
    await writeFile(`${path}.new`, 'first words\n')
    await rename(`${path}.new`, path)
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
