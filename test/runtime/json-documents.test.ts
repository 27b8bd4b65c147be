import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { FileDocument } from '../../domain/extended-json.ts'
import { readExportFolder } from '../../runtime/export-folder.ts'
import { readJsonDocuments } from '../../runtime/json-documents.ts'

const folder = mkdtempSync(join(tmpdir(), 'json-documents-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function read(text: string): Promise<FileDocument[]> {
  const path = join(folder, 'file.json')
  writeFileSync(path, text)
  const found: FileDocument[] = []
  for await (const document of readJsonDocuments(path, new AbortController().signal)) found.push(document)
  return found
}

const documents = [{ a: 1 }, { b: 'braces } ] { in a \\" text\n' }, { c: { d: [] } }, { e: 'é漢' }]

test.each([
  ['lines', documents.map((document) => JSON.stringify(document)).join('\n'), [1, 2, 3, 4]],
  [
    'lines of Windows',
    `\uFEFF${documents.map((document) => `${JSON.stringify(document)}\r\n`).join('')}`,
    [1, 2, 3, 4],
  ],
  ['an array', JSON.stringify(documents), [1, 1, 1, 1]],
  ['an array of lines', `[${documents.map((document) => JSON.stringify(document)).join(',\n')}]\n`, [1, 2, 3, 4]],
  ['a pretty array', JSON.stringify(documents, null, 2), [2, 5, 8, 13]],
  ['pretty documents', documents.map((document) => JSON.stringify(document, null, 1)).join('\n'), [1, 4, 7, 12]],
])('%s are read one by one, with their lines', async (_form, text, lines) => {
  const read1 = await read(text)
  expect(read1.map((document) => ('text' in document ? JSON.parse(document.text) : document))).toEqual(documents)
  expect(read1.map(({ line }) => line)).toEqual(lines)
})

test('documents that lie across the pieces of a file are whole', async () => {
  const long = Array.from({ length: 40 }, (_, at) => ({ at, text: `{"${'x'.repeat(100_000)}` }))
  for (const text of [long.map((one) => JSON.stringify(one)).join('\n'), JSON.stringify(long)]) {
    const found = await read(text)
    expect(found.map((document) => ('text' in document ? JSON.parse(document.text) : document))).toEqual(long)
  }
})

test('a broken line costs itself only; a broken array the rest of the file', async () => {
  expect(await read('{"a":1}\n{"b":\n\n{"c":3}')).toEqual([
    { line: 1, text: '{"a":1}' },
    { line: 2, text: '{"b":' },
    { line: 4, text: '{"c":3}' },
  ])
  expect(await read('[{"a":1},\n{"b":2')).toEqual([
    { line: 1, text: '{"a":1}' },
    { line: 2, trouble: 'the file ends inside this document' },
  ])
  expect(await read('[{"a":1},\n7,{"b":2}]')).toEqual([
    { line: 1, text: '{"a":1}' },
    { line: 2, trouble: 'there is something else than JSON objects here' },
  ])
})

test('a document beyond all measure is named and not kept', async () => {
  const found = await read(`{"a":"${'x'.repeat(33 * 1024 * 1024)}"}\n{"b":1}`)
  expect(found).toEqual([
    { line: 1, trouble: expect.stringContaining('longer than') },
    { line: 2, text: '{"b":1}' },
  ])
})

test('an empty file has no documents', async () => {
  expect(await read('')).toEqual([])
  expect(await read(' \n\n')).toEqual([])
  expect(await read('[]')).toEqual([])
})

test('files are found by any name of their collection, whatever stands in front', () => {
  const place = mkdtempSync(join(tmpdir(), 'export-folder-'))
  const names = { users: ['users', 'user'], stock: ['stock', 'hb'] }
  try {
    expect(() => readExportFolder(place, names)).toThrow('users.json, stock.json')
    for (const name of ['shop.user.json', 'hb.jsonl', 'notes.txt']) writeFileSync(join(place, name), '')
    const { files, others } = readExportFolder(place, names)
    expect([...files].map(([collection, { name }]) => [collection, name])).toEqual([
      ['stock', 'hb.jsonl'],
      ['users', 'shop.user.json'],
    ])
    expect(others).toEqual(['notes.txt'])
    writeFileSync(join(place, 'users.json'), '')
    expect(() => readExportFolder(place, names)).toThrow('shop.user.json and users.json')
    expect(() => readExportFolder(join(place, 'none'), names)).toThrow('ENOENT')
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})
